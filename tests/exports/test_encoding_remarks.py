"""Exports tell the student once in which encoding a file was read."""

from grader.exports.export_data import StudentResult
from grader.exports.result_text import total_lines
from grader.grading.policy.final_score import FinalScore
from grader.grading.verdicts.record import FunctionRecord

REMARK = "a.py was read as UTF-16."


def test_a_remark_on_a_file_is_one_line_for_the_student():
    records = tuple(
        FunctionRecord("ada", "ex1", name, 1.0, 1.0, "passed", [], [], "a.py", 0.1, encoding="UTF-16", remark=remark)
        for name, remark in (("f", REMARK), ("g", REMARK), ("h", ""))
    )
    student = StudentResult("ada", records, 3.0, FinalScore("ada", 3.0, 3.0, 3.0, 3.0))
    assert total_lines(student, str) == ["3 of 3 points", REMARK]
