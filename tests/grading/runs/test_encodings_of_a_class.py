"""A class whose files are not all UTF-8: full marks, a remark in results and on pages, and the policy `strict`."""

import json
from contextlib import nullcontext

import pytest

from grader.core.source_encoding import ENCODINGS
from grader.grading.policy.policy import FileEncoding, FilePolicy, Policy
from grader.grading.policy.policy_file import read_policy
from grader.grading.results.plan import Plan
from grader.grading.results.result_files import read_results
from grader.grading.runs.grading_run import GradingRun
from grader.grading.runs.score_inputs import read_score_inputs
from grader.reports.pages.student_totals import page_path
from grader.reports.writing import write_files
from grader.submissions.submission import Submission
from tests.tools import SOLUTION, WRONG_SUM

COMMENT = "# 老师：这里求平均值，"
WRONG = WRONG_SUM.replace("def mean_square", f"{COMMENT}\ndef mean_square")
CLASS = {
    "ada": SOLUTION.encode(),
    "bob": f"{COMMENT}\n{SOLUTION}".encode("gbk"),
    "cy": f"{COMMENT}\n{SOLUTION}".encode("utf-16"),
    "di": f"# coding: no-such\n{SOLUTION}\n# é".encode(),
    "eve": WRONG.encode("gbk"),
    "fay": SOLUTION.encode("utf-16") + b"\n",
}
REMARKS = {"ada": "", "bob": "GB18030", "cy": "UTF-16", "di": "", "eve": "GB18030", "fay": ""}


def submission(student):
    return Submission(student, None, (), list_files=lambda _: iter([("ex1_small.py", lambda: CLASS[student])]))


def grade(out, library, pool, language="en", strict=False):
    """Grade the class; return the records of one function by student, and how many submissions were unchanged."""
    plan = Plan(
        submissions="class", seed=3, sandbox=pool.level.value, language=language, strict_encoding=strict, time_limit=2.0
    )
    with GradingRun.open(out, plan, library) as run:
        for _ in run.grade([submission(student) for student in CLASS], lambda: nullcontext(pool)):
            pass
        write_files(run, read_score_inputs(run, Policy()), {}, 1.0)
        return {r.student: r for r in read_results(out) if r.function == "mean_square"}, run.unchanged


@pytest.fixture(scope="module")
def graded(tmp_path_factory, library, pool):
    """The results folder of the class, graded in English, and its records."""
    out = tmp_path_factory.mktemp("encodings") / "out"
    return out, grade(out, library, pool)[0]


def test_every_encoding_gets_full_marks_and_a_remark_that_names_it(graded):
    out, records = graded
    assert {s for s, r in records.items() if r.score == r.max_score} == {"ada", "bob", "cy", "di"}
    assert {student: record.encoding for student, record in records.items()} == REMARKS
    assert [student for student, record in records.items() if record.remark] == ["bob", "cy", "di", "eve"]
    assert "a guess" in records["bob"].remark and "coding line" in records["di"].remark
    rows = [json.loads(line) for line in (out / "results.jsonl").read_bytes().splitlines()]
    assert [row["student"] for row in rows if "encoding" in row] == ["bob"] * 2 + ["cy"] * 2 + ["eve"] * 2


def test_a_damaged_file_needs_review_with_its_line(graded):
    _, records = graded
    assert (records["fay"].outcome, records["fay"].score) == ("unreadable", None)
    last = len(SOLUTION.splitlines()) + 1
    message = f"ex1_small.py, line {last}: cannot be decoded. Save the file as UTF-8"
    assert message in records["fay"].checks[0].message


def test_a_page_shows_the_text_of_the_file_and_the_remark_in_its_language(graded, library, pool):
    out, _ = graded
    pages = {student: (out / page_path(student)).read_text("utf-8") for student in CLASS}
    assert COMMENT in pages["eve"] and "GB18030, which is a guess" in pages["eve"] and "guess" not in pages["ada"]
    records, unchanged = grade(out, library, pool, "zh")
    assert unchanged == len(CLASS) and "只能猜测并按 GB18030 读取" in records["eve"].remark
    page = (out / page_path("eve")).read_text("utf-8")
    assert COMMENT in page and "只能猜测并按 GB18030 读取" in page


def test_strict_refuses_what_python_refuses_and_runs_only_those_again(graded, library, pool):
    out, lenient = graded
    records, unchanged = grade(out, library, pool, strict=True)
    assert unchanged == 1  # only ada's file is UTF-8 that needs no rule
    assert {student for student, record in records.items() if record.outcome == "unreadable"} == {*CLASS} - {"ada"}
    assert "coding line" in records["di"].checks[0].message and "UTF-16" in records["cy"].checks[0].message
    assert grade(out, library, pool)[1] == len(CLASS)
    assert lenient["ada"].score == records["ada"].score


def test_the_policy_reads_the_key_and_refuses_other_values(library, tmp_path):
    file = tmp_path / "grader.toml"
    file.write_text('[files]\nencoding = "strict"\n')
    assert read_policy(file, library.course).files == FilePolicy(FileEncoding.STRICT)
    assert not read_policy(None, library.course).files.is_strict
    file.write_text('[files]\nencoding = "gbk"\n')
    with pytest.raises(Exception, match='"recognize", "strict"'):
        read_policy(file, library.course)


def test_a_wrong_name_from_the_child_changes_a_text_and_no_score(library, pool, tmp_path):
    class Lying:
        jobs, level = pool.jobs, pool.level

        @staticmethod
        def submit(job):
            future = pool.submit(job)
            future.result().encodings["ex1_small.py"] = "utf_32_be"
            return future

    assert "utf_32_be" in ENCODINGS
    records, _ = grade(tmp_path / "out", library, Lying)
    assert records["ada"].score == records["ada"].max_score and records["ada"].encoding == "UTF-32"
