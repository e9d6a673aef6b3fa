"""A published score that disappears, or one that appears, is a change, and the largest changes come first."""

from grader.grading.results.published_scores import compare_with_published, publish, read_published
from grader.grading.verdicts.record import FunctionRecord
from tests.tools import final_result


def result(student, score):
    return final_result(student, [FunctionRecord(student, "ex1", "descend", score, 2.0, "passed", [], [], "", 0.1)])


def test_a_score_that_appears_or_disappears_is_a_change(tmp_path):
    assert read_published(tmp_path) is None
    publish(tmp_path, [result("ada", 2.0), result("bob", None), result("cy", 1.0), result("dan", 1.0)], "lin")
    now = [result("ada", None), result("bob", 1.0), result("cy", 1.5), result("dan", 1.0), result("eve", 2.0)]
    changes = compare_with_published(read_published(tmp_path), now)
    assert [change.student for change in changes] == ["ada", "bob", "eve", "cy"]
    assert changes[0].functions == {"descend": (2.0, None)} and changes[1].functions == {"descend": (None, 1.0)}
    assert compare_with_published(None, now) == []
