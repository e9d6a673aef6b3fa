"""Scores of an earlier run, read from grades.csv: which ones a run drops, and which ones became ungraded."""

import pytest

from grader.core.errors import UsageError
from grader.grading.policy.final_score import FinalScore
from grader.grading.results.earlier_scores import LostScores, read_earlier_scores
from grader.grading.results.final_result import FinalResult
from grader.grading.results.result_files import write_results
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.submission import SubmissionMetadata

FORMULA = "=1+1"


def record(student, function, score):
    outcome = "passed" if score else "grader_fault"
    return FunctionRecord(student, "ex1", function, score, 2.0, outcome, [], [], "a.py", 0.1)


def result(student, f, g, name="", scores=None):
    records = (record(student, "f", f), record(student, "g", g))
    final = FinalScore(student, None, 4.0, None, None, scores=scores or {})
    return FinalResult(student, records, final=final, metadata=SubmissionMetadata(name))


def refused(earlier, students, functions, out):
    with pytest.raises(UsageError) as refusal:
        earlier.refuse_to_drop(students, functions, out)
    return str(refusal.value)


def test_only_lost_rows_and_columns_with_a_score_are_reported(tmp_path):
    write_results(tmp_path, [result("ada", 2.0, None), result("bob", None, None), result(FORMULA, 1.0, None)], "fg")
    earlier = read_earlier_scores(tmp_path)
    earlier.refuse_to_drop([FORMULA, "ada"], "f", tmp_path)
    assert f"students who are not in this run: {FORMULA}." in refused(earlier, ["ada", "bob"], "fg", tmp_path)
    assert "functions that are not in this run: f." in refused(earlier, ["ada", FORMULA], "g", tmp_path)


def test_a_folder_without_a_table_has_no_scores(tmp_path):
    assert read_earlier_scores(tmp_path).functions == {}


def test_students_without_a_row_are_noticed(tmp_path):
    write_results(tmp_path, [result("ada", 2.0, None), result(FORMULA, None, None)], "fg")
    earlier = read_earlier_scores(tmp_path)
    assert earlier.lists_all([FORMULA, "ada"]) and not earlier.lists_all(["ada", "new"])


def test_many_names_are_cut_and_counted(tmp_path):
    write_results(tmp_path, [result(f"s{number:02}", 1.0, 1.0) for number in range(30)], "fg")
    message = refused(read_earlier_scores(tmp_path), [], "fg", tmp_path)
    assert "s07, … (30)" in message and "s08" not in message


def test_a_score_that_became_ungraded_is_named_unless_a_person_has_set_one(tmp_path):
    write_results(tmp_path, [result(student, 2.0, 1.0) for student in ("ada", "bob", "cy")], "fg")
    lost = LostScores(read_earlier_scores(tmp_path))
    for now in (
        result("ada", None, 0.0, "Ada Love"),
        result("bob", None, None, scores={"f": 1.0}),
        result("cy", 1.0, 1.0),
        result("new", None, None),
    ):
        lost.add(now)
    assert list(lost.lines(str)) == ["scored in the last run, ungraded now (2): Ada Love (ada): f; bob: g"]


def test_ids_that_look_alike_are_different_students_also_in_a_table_that_a_spreadsheet_saved(tmp_path):
    write_results(tmp_path, [result("007", 1.0, 1.0), result("ann", 2.0, None), result("ann ", None, None)], "fg")
    table = tmp_path / "grades.csv"
    saved = "".join(f"{line.removeprefix('00')}\r\n" for line in table.read_text("utf-8").splitlines())
    table.write_text(saved, "utf-8-sig", newline="")
    earlier = read_earlier_scores(tmp_path)
    earlier.refuse_to_drop(["007", "ann"], "fg", tmp_path)
    assert "students who are not in this run: ann." in refused(earlier, ["007", "ann "], "fg", tmp_path)
    lost = LostScores(earlier)
    for now in (result("ann", None, None), result("ann ", None, None)):
        lost.add(now)
    assert list(lost.lines(str)) == ["scored in the last run, ungraded now (1): ann: f"]


def test_a_table_that_cannot_be_read_stops_the_run_that_might_drop_its_scores(tmp_path):
    (tmp_path / "grades.csv").write_text(f"student,score\nada,{'9' * 200_000}\n")
    with pytest.raises(UsageError, match="cannot be read as a table"):
        read_earlier_scores(tmp_path)
