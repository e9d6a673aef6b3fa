"""A published score that disappears, or one that appears, is a change, and the largest changes come first."""

import pytest

from grader.core.errors import UsageError
from grader.grading.results.local_time import local_time
from grader.grading.results.overrides.override_history import HISTORY, read_history
from grader.grading.results.published_scores import PUBLISHED, compare_with_published, publish, read_published
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


def test_json_nested_too_deeply_is_damage_like_any_other(tmp_path):
    nested = b'{"schema":1,"more":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    (tmp_path / PUBLISHED).write_bytes(nested)
    (tmp_path / HISTORY).write_bytes(nested)
    with pytest.raises(UsageError, match="Move this file away"):
        read_published(tmp_path)
    assert read_history(tmp_path) == []


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "yesterday"])
def test_a_time_that_a_person_has_damaged_is_shown_as_it_is(time):
    assert local_time(time) == time[:16]
