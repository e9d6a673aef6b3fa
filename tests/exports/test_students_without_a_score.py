"""What every file, export, page and statistic says of a student without a score, and of the other students.

One row of TABLE for each reader, one column for each student of the class; each cell is an expected value.
"""

import csv
import html
import io
import json
import os
import re
import sys
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree

import msgspec
import pytest
from nbgrader.api import Gradebook
from pyarrow import parquet

from grader.core.errors import UsageError
from grader.exports.export_data import ExportOptions
from grader.exports.export_report import count_line, write_details
from grader.exports.results_loader import StudentView, load_class_results
from grader.exports.target_lookup import load_target
from grader.grading.policy.final_score import TOTAL, Override
from grader.grading.policy.overrides import read_override_table
from grader.grading.policy.policy import COURSE, ExportPolicy, LatePolicy, Policy, ScoreExport
from grader.grading.results.final_result import FinalResult
from grader.grading.results.journal_rows.run_table import Attempt
from grader.grading.results.overrides.override_changes import change_override
from grader.grading.results.result_files import read_final_results, read_results, write_results
from grader.grading.results.run_file import write_run
from grader.grading.runs.final_results import ScoreInputs, compute_final_results
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.comparison.run_comparison import compare_runs
from grader.reports.pages.class_tally import Tally
from grader.reports.pages.page_files import write_pages
from grader.reports.pages.student_totals import StudentOnPage, page_path
from grader.submissions.people import people_to_json
from grader.submissions.submission import SubmissionMetadata

DUE = datetime(2026, 12, 1, tzinfo=UTC)
IN_TIME = SubmissionMetadata(submitted=DUE - timedelta(hours=1))
FUNCTIONS = ("mean_square", "descend")
MAXIMA = {"mean_square": 3.0, "descend": 2.0}
POLICY = Policy(deadlines={COURSE: DUE}, late=LatePolicy(10))
ZERO = ExportPolicy(ScoreExport.ZERO)
ZEROS = replace(POLICY, ungraded=ZERO, missing=ZERO)


@dataclass(frozen=True)
class Student:
    """The outcome of `descend` (of both functions in a missing submission), metadata, and overrides."""

    outcome: str = "passed"
    metadata: SubmissionMetadata = IN_TIME
    overrides: tuple[tuple[str, float], ...] = ()


CLASS = {
    "ungraded": Student("unreadable"),
    "part": Student("missing"),
    "nothing": Student("nothing", SubmissionMetadata(attempt=0)),
    "review": Student(metadata=SubmissionMetadata(late=True)),
    "late": Student(metadata=SubmissionMetadata(submitted=DUE + timedelta(hours=1))),
    "set": Student("unreadable", overrides=(("descend", 1.5),)),
    "above": Student("failed", overrides=((TOTAL, 6.0),)),
}
"""An ungraded function, a missing function, a missing submission, one that needs review (marked as late, without a
time), a late one, a function whose score a person set, a total that a person set above the maximum."""


def record(student, function, outcome, library):
    exercise = library.course.exercise_of[function]
    passed, without_score = outcome == "passed", outcome in ("unreadable", "nothing")
    checks = [
        CheckRecord(
            check.name, check.claim.in_("en"), passed, float(exercise.shares[check.id]) * passed,
            float(exercise.shares[check.id]), "" if passed else f"{outcome}: a message",
        )
        for check in exercise.checks_of(function)
    ]  # fmt: skip
    score = None if without_score else sum(check.points for check in checks)
    written = "missing" if outcome == "nothing" else outcome
    return FunctionRecord(student, exercise.name, function, score, MAXIMA[function], written, [], checks, "", 0.1)


def settled(library, policy=POLICY, names=tuple(CLASS), **outcomes):
    """Return the final results of the class; `outcomes` replace those of `descend`."""
    overrides, attempts = {}, []
    for name in names:
        one = CLASS[name]
        outcome = outcomes.get(name, one.outcome)
        first = record(name, "mean_square", "nothing" if outcome == "nothing" else "passed", library)
        second = record(name, "descend", outcome, library)
        reasons = ("", "unreadable: a reason" if outcome == "unreadable" else "")
        attempts.append((Attempt(name, one.metadata, {}), list(zip((first, second), reasons, strict=True))))
        own = {function: Override(name, function, score, "well done") for function, score in one.overrides}
        overrides |= {name: own} if own else {}
    return list(compute_final_results(attempts, library.course, ScoreInputs(policy, overrides)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, library):
    """The results folder of the class, with its pages."""
    folder, results = tmp_path_factory.mktemp("class"), settled(library)
    write_results(folder, results, FUNCTIONS, with_policy=True)
    run = {"schema": 1, "seed": 7, "sandbox": "full", "versions": {}, "policy": None}
    run |= {"people": people_to_json({result.student: result.metadata for result in results})}
    write_run(folder, run)
    write_pages(folder, results, library, run, "en")
    return folder


class Readers:
    """What each file, export and page says of every student: a method for each row of the table."""

    def __init__(self, folder, into, library, policy):
        self.folder, self.into, self.library = folder, into, library
        self.results = load_class_results(folder, StudentView(policy, library, "en"))

    def export(self, to, into="", template="", title=""):
        path = self.into / "template.csv"
        path.write_text(template)
        options = ExportOptions(self.into / (into or to), path if template else None, title)
        return load_target(to).export(self.results, options)

    def documents(self, to, name="results.json"):
        """Return the JSON that an export writes for each student; None where it writes none."""
        self.export(to)
        paths = {student: self.into / to / student / name for student in CLASS}
        return {student: json.loads(p.read_text()) if p.exists() else None for student, p in paths.items()}

    def rows(self, path, key="student"):
        return {row[key]: row for row in csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))}

    def grades(self):
        return {name: (row["score"], row["status"]) for name, row in self.rows(self.folder / "grades.csv").items()}

    def cells(self):
        rows = self.rows(self.folder / "grades.csv")
        return {name: (row["mean_square"], row["descend"]) for name, row in rows.items()}

    def finals(self):
        lines = map(json.loads, (self.folder / "finals.jsonl").read_text().splitlines())
        return {line["student"]: (line["score"], line["total_so_far"]) for line in lines}

    def canvas(self):
        head = "Student,ID,SIS User ID,SIS Login ID,Section,Lab (1)\n    Points Possible,,,,,5\n"
        body = "".join(f"{name},,,{name},,1.00\n" for name in CLASS)
        done = self.export("canvas", "canvas.csv", head + body)
        return {row[0]: row[5] for row in csv.reader(done.files[0].read_text().splitlines()[2:])}

    def new_canvas(self):
        done = self.export("canvas", "new.csv")
        return {row[0]: row[5] for row in csv.reader(done.files[0].read_text().splitlines()[2:])}

    def worksheet(self):
        head = "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
        head += "Last modified (submission),Last modified (grade),Feedback comments\n"
        rows = (f"Participant {n},{name},,Submitted,1.00,5.00,Yes,-,-,before\n" for n, name in enumerate(CLASS, 1))
        return self.export("moodle", "up.csv", head + "".join(rows))

    def moodle(self):
        rows = self.rows(self.worksheet().files[0], "Full name")
        return {name: (row["Grade"], row["Feedback comments"] != "before") for name, row in rows.items()}

    def moodle_files(self):
        with zipfile.ZipFile(self.worksheet().files[1]) as archive:
            found = {name.partition("_")[0] for name in archive.namelist()}
        return {name: name in found for name in CLASS}

    def gradescope(self):
        return {n: document and document.get("score") for n, document in self.documents("gradescope").items()}

    def prairielearn(self):
        found = self.documents("prairielearn")
        return {n: document and (document["gradable"], document.get("score")) for n, document in found.items()}

    def github(self):
        return {n: document and document["status"] for n, document in self.documents("github", "result.json").items()}

    def junit(self):
        root = ElementTree.parse(self.export("junit", "junit.xml").files[0]).getroot()
        return {
            suite.get("name"): (
                next(p.get("value") for p in suite.iter("property") if p.get("name") == "score"),
                *(int(suite.get(kind)) for kind in ("failures", "errors", "skipped")),
            )
            for suite in root
        }

    @patch.dict(os.environ, PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}")  # nbgrader runs alembic
    def nbgrader(self):
        database = self.into / "gradebook.db"
        database.unlink(missing_ok=True)
        with Gradebook(f"sqlite:///{database}") as gradebook:
            gradebook.add_assignment("ex1_small")
            gradebook.add_notebook("ex1_small", "ex1_small")
            for function, points in MAXIMA.items():
                cell = {"max_score": points, "cell_type": "code"}
                gradebook.add_grade_cell(f"check_{function}", "ex1_small", "ex1_small", **cell)
        self.export("nbgrader", "gradebook.db")
        found = dict.fromkeys(CLASS)
        with Gradebook(f"sqlite:///{database}") as gradebook:
            for submission in gradebook.assignment_submissions("ex1_small"):
                grades = {grade.name: grade for grade in submission.notebooks[0].grades}
                first, second = grades["check_mean_square"], grades["check_descend"]
                found[submission.student.id] = first.auto_score, second.auto_score, second.needs_manual_grade
        return found

    def wide(self):
        path = self.export("csv", "wide.csv").files[0]
        return {name: (row["score"], row["descend"]) for name, row in self.rows(path).items()}

    def long(self):
        rows = csv.DictReader(io.StringIO(self.export("csv", "long.csv").files[1].read_text("utf-8-sig")))
        found = {}
        for row in rows:
            if row["function"] == "descend":
                found.setdefault(row["student"], set()).add(row["passed"])
        return {name: "".join(passed) for name, passed in found.items()}

    def parquet(self):
        table = parquet.read_table(self.export("parquet").files[0]).to_pylist()
        return {row["student"]: row["score"] for row in table if row["function"] == "descend"}

    def student_page(self):
        pages = {name: (self.folder / page_path(name)).read_text("utf-8") for name in CLASS}
        totals = {name: re.search(r'class="total">(.*?)</p>', page, re.DOTALL)[1] for name, page in pages.items()}
        return {name: " ".join(re.sub(r" \(.*", "", total).split()) for name, total in totals.items()}

    def class_page(self):
        page = (self.folder / "index.html").read_text("utf-8")
        rows = json.loads(re.search(r'type="application/json">(.*?)</script>', page, re.DOTALL)[1])["rows"]
        return {row[0]: (row[3], row[5], row[6]) for row in rows}

    def compare(self):
        """Compare with a run in which every `descend` passes and `part` is ungraded."""
        later = settled(self.library, **dict.fromkeys(CLASS, "passed") | {"part": "unreadable"})
        records = [record for result in later for record in result.records]
        changes = compare_runs(read_results(self.folder), records).changes
        found = {c.student: (c.before, c.after, c.gain) for c in changes if c.function == "descend"}
        return dict.fromkeys(CLASS) | found

    def statistics(self):
        """Whether a student changes the mean of `descend`, in a class where all others have half of its points."""
        half = msgspec.structs.replace(record("half", "descend", "failed", self.library), score=1.0)
        other = settled(self.library, names=["late"])[0]
        found = {}
        for result in settled(self.library):
            tally = Tally()
            tally.add(StudentOnPage(FinalResult("half", (other.records[0], half), other.final), ""))
            tally.add(StudentOnPage(result, ""))
            found[result.student] = tally.analysis()[0]["descend"].difficulty != 0.5
        return found

    def override(self):
        """The automatic score that `grader override STUDENT descend --score 1` writes into overrides.csv."""
        for name in CLASS:
            list(change_override(self.folder, name, "descend", 1.0, "", False, str))
        table = read_override_table(self.folder)
        (self.folder / "overrides.csv").unlink()
        return {table.cell(row, "student"): table.cell(row, "automatic") for _, row in table.rows}

    def override_above_the_maximum(self):
        found = {}
        for name in CLASS:
            with pytest.raises(UsageError) as error:
                list(change_override(self.folder, name, "", 5.5, "", False, str))
            found[name] = "above the maximum of 5" in str(error.value)
        return found

    def total_by_hand(self):
        """The final score after an override of the total."""
        found = {}
        for name, one in CLASS.items():
            records = next(result.records for result in settled(self.library) if result.student == name)
            attempt = (Attempt(name, one.metadata, {}), [(record, "a reason") for record in records])
            inputs = ScoreInputs(POLICY, {name: {TOTAL: Override(name, TOTAL, 4.0)}})
            (result,) = compute_final_results([attempt], self.library.course, inputs)
            found[name] = (result.final.score, result.final.total_so_far, result.final.status.partition(";")[0])
        return found


NO_TOTAL = (
    "No total yet: part of this submission is ungraded. So far: 3 of 5 points. Your instructor will review the "
    "submission."
)
TABLE = {
    # columns: ungraded function, missing function, missing submission, review, late, overridden, above the maximum
    "grades": [("", "needs review"), ("3.00", "graded"), ("", "missing"), ("5.00", "needs review; late"),
               ("4.50", "graded; late"), ("4.50", "graded"), ("6.00", "graded")],
    "cells": [("3.00", ""), ("3.00", "0.00"), ("", ""), ("3.00", "2.00"), ("3.00", "2.00"), ("3.00", ""),
              ("3.00", "0.00")],
    "finals": [(None, 3.0), (3.0, None), (None, 0.0), (5.0, None), (4.5, None), (4.5, None), (6.0, None)],
    "canvas": ["1.00", "3.00", "1.00", "5.00", "4.50", "4.50", "6.00"],
    "new_canvas": [None, "3.00", None, "5.00", "4.50", "4.50", "6.00"],
    "moodle": [("1.00", False), ("3.00", True), ("1.00", False), ("5.00", True), ("4.50", True), ("4.50", True),
               ("1.00", False)],
    "moodle_files": [False, True, False, True, True, True, True],
    "gradescope": [None, 3.0, None, 5.0, 4.5, 4.5, 6.0],
    "prairielearn": [(False, None), (True, 0.6), None, (True, 1.0), (True, 0.9), (True, 0.9), (True, 1.0)],
    "github": ["error", "fail", None, "pass", "pass", "fail", "pass"],
    "junit": [("", 0, 2, 0), ("3.00", 0, 0, 2), ("", 0, 0, 4), ("5.00", 0, 0, 0), ("4.50", 0, 0, 0), ("4.50", 0, 0, 0),
              ("6.00", 0, 0, 0)],
    "nbgrader": [(3.0, None, True), (3.0, 0.0, False), None, (3.0, 2.0, False), (3.0, 2.0, False), (3.0, 1.5, False),
                 (3.0, 0.0, False)],
    "wide": [("", ""), ("3.00", "0.00"), ("", ""), ("5.00", "2.00"), ("4.50", "2.00"), ("4.50", "1.50"),
             ("6.00", "0.00")],
    "long": ["", "false", "", "true", "true", "", "false"],
    "parquet": [None, 0.0, None, 2.0, 2.0, None, 0.0],
    "student_page": [NO_TOTAL, "3 of 5 points", "No submission was found.", "5 of 5 points", "4.5 of 5 points",
                     "4.5 of 5 points", "6 of 5 points"],
    "class_page": [(None, "PF", 1), (3.0, "PU", 0), (None, "MM", 0), (5.0, "PP", 3), (4.5, "PP", 2), (4.5, "PF", 4),
                   (6.0, "PW", 4)],
    "compare": [(None, 2.0, 0.0), (0.0, None, 0.0), (None, 2.0, 0.0), None, None, (None, 2.0, 0.0), (0.0, 2.0, 2.0)],
    "statistics": [False, True, False, True, True, False, True],
    "override": ["none", "0.00", "none", "2.00", "2.00", "none", "0.00"],
    "override_above_the_maximum": [True] * 7,
    "total_by_hand": [(4.0, None, "graded")] * 7,
}  # fmt: skip
WITH_ZEROS = {
    "canvas": ["3.00", "3.00", "0.00", "5.00", "4.50", "4.50", "6.00"],
    "new_canvas": ["3.00", "3.00", "0.00", "5.00", "4.50", "4.50", "6.00"],
    "moodle": [("3.00", True), ("3.00", True), ("0.00", True), ("5.00", True), ("4.50", True), ("4.50", True),
               ("1.00", False)],
    "gradescope": [3.0, 3.0, 0.0, 5.0, 4.5, 4.5, 6.0],
    "prairielearn": [(True, 0.6), (True, 0.6), (True, 0.0), (True, 1.0), (True, 0.9), (True, 0.9), (True, 1.0)],
    "github": ["fail", "fail", "fail", "pass", "pass", "fail", "pass"],
    "junit": [("3.00", 2, 0, 0), ("3.00", 0, 0, 2), ("0.00", 0, 0, 4), ("5.00", 0, 0, 0), ("4.50", 0, 0, 0),
              ("4.50", 0, 0, 0), ("6.00", 0, 0, 0)],
    "nbgrader": [(3.0, 0.0, False), (3.0, 0.0, False), (0.0, 0.0, False), (3.0, 2.0, False), (3.0, 2.0, False),
                 (3.0, 1.5, False), (3.0, 0.0, False)],
    "wide": [("3.00", "0.00"), ("3.00", "0.00"), ("0.00", "0.00"), ("5.00", "2.00"), ("4.50", "2.00"),
             ("4.50", "1.50"), ("6.00", "0.00")],
    "parquet": [0.0, 0.0, 0.0, 2.0, 2.0, None, 0.0],
}  # fmt: skip
"""The exports with `export = "zero"` for both: every other reader stays as it is."""
ROWS = [(name, rules, row) for rules, table in ((POLICY, TABLE), (ZEROS, WITH_ZEROS)) for name, row in table.items()]


@pytest.mark.parametrize(("reader", "policy", "expected"), ROWS, ids=lambda value: value if str(value) == value else "")
def test_every_reader_tells_a_student_without_a_score_from_a_zero(folder, tmp_path, library, reader, policy, expected):
    found = getattr(Readers(folder, tmp_path, library, policy), reader)()
    assert {name: found.get(name) for name in CLASS} == dict(zip(CLASS, expected, strict=True))


def test_the_final_results_are_read_back_unchanged(folder, library):
    assert read_final_results(folder) == sorted(settled(library), key=lambda result: result.student)


def test_an_export_ends_with_counts_and_a_file_names_the_counted_students(folder, tmp_path, library):
    results = load_class_results(folder, StudentView(POLICY, library, "en"))
    line = "students: 7; scores: 5; scores that need review: 1; scores not written: 1; ungraded: 1; "
    assert count_line(results, ["x"]) == line + "missing, not exported as 0: 1"
    path = write_details(results, ["x"], tmp_path / "up.csv")
    assert path == tmp_path / "up-details.txt"
    late = "marked as late without a time; no penalty applied (late.marked_days sets its late days)"
    assert path.read_text().splitlines() == [
        "x",
        "nothing: missing submission, left as it is",
        f"review: exported with the current score; please review: {late}",
        "ungraded: ungraded (descend), left as it is; so far 3 of 5 points; please review: unreadable: a reason",
    ]


def test_with_zeros_the_counts_say_so(folder, tmp_path, library):
    results = load_class_results(folder, StudentView(ZEROS, library, "en"))
    line = "students: 7; scores: 7; scores that need review: 1; "
    assert count_line(results, []) == line + "ungraded, exported as 0: 1; missing, exported as 0: 1"
    assert "nothing: missing submission, exported as 0" in write_details(results, [], tmp_path).read_text()
    assert Path(f"{tmp_path}-details.txt").exists()


def plain(page):
    """Return the text of a page, without its head, scripts and tags."""
    body = re.sub(r"<(script|style|head)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def feedback_of(folder, tmp_path, library):
    """Return {student: what they read} by each of the texts that a student gets."""
    readers = Readers(folder, tmp_path, library, POLICY)
    with zipfile.ZipFile(readers.worksheet().files[1]) as archive:
        found = {"feedback": {n.partition("_")[0]: plain(archive.read(n).decode()) for n in archive.namelist()}}
    comments = readers.rows(readers.worksheet().files[0], "Full name")
    found["comment"] = {name: plain(row["Feedback comments"]) for name, row in comments.items()}
    found["page"] = {name: plain((folder / page_path(name)).read_text("utf-8")) for name in CLASS}
    for to, name in (("gradescope", "results.json"), ("github", "result.json"), ("prairielearn", "results.json")):
        documents = readers.documents(to, name)
        for document in filter(None, documents.values()):
            document.pop("extra_data", None)
        found[to] = {name: json.dumps(document) for name, document in documents.items()}
    return found


def test_a_student_reads_the_decision_and_not_what_it_replaced(folder, tmp_path, library):
    (tmp_path / "out").mkdir()
    for system, texts in feedback_of(folder, tmp_path / "out", library).items():
        if system != "comment":
            assert "well done" in texts["set"] and "well done" in texts["above"], system
            assert "a message" not in texts["set"] + texts["above"], system
            assert "✗" not in texts["set"] + texts["above"], system
        assert all("a reason" not in text for text in texts.values()), f"{system}: words for the instructor"
    assert "descend set by your instructor 1.5 of 2 points" in feedback_of(folder, tmp_path, library)["page"]["set"]


def test_an_ungraded_function_is_no_list_of_failed_checks(folder, tmp_path, library):
    page = feedback_of(folder, tmp_path, library)["page"]["ungraded"]
    assert page.count("unreadable: a message") == 1 and "✗" not in page
    assert "Your instructor will review this submission." in page


def test_the_class_page_says_how_many_are_left_out(folder):
    page = (folder / "index.html").read_text("utf-8")
    assert "Left out: ungraded students 1, missing submissions 1." in page
    assert "leave out students with an ungraded function (2) and missing submissions (1)" in page
