"""The policy decides what a student sees of hidden checks: nothing, claims, hints or everything."""

import msgspec
import pytest

from grader.grading.policy.hidden_check_visibility import HIDDEN_SUM, visible_record
from grader.grading.policy.policy import HiddenChecks, Policy
from grader.grading.verdicts.record import CheckRecord, FunctionRecord

VALUE, SECRET = "mean: returned 6.0, expected 2.0", "one entry: yours 81.5, expected 77.25"


@pytest.fixture
def record(library):
    """Record of mean_square: a public and a hidden check failed, and one mistake was recognized in each check."""
    summed, other = library.exercise_files["ex1_small"].mistakes_of("mean_square")[:2]
    checks = [
        CheckRecord("value_and_gradient", "The mean.", False, 0.0, 1.0, f"{VALUE}\n{summed.hint.in_('en')}"),
        CheckRecord("empty_raises", "Empty.", False, 0.0, 2.0, f"{SECRET}\nat line 3\n{other.hint.in_('en')}"),
    ]
    return FunctionRecord("ada", "ex1_small", "mean_square", 0.0, 3.0, "failed", [summed.id, other.id], checks, "", 0.1)


def seen(record, library, hidden):
    return visible_record(record, library, Policy(hidden=hidden))


def test_with_full_the_record_is_unchanged(record, library):
    assert seen(record, library, HiddenChecks.FULL) is record


def test_hints_are_shown_without_values(record, library):
    shown = seen(record, library, HiddenChecks.HINTS)
    hint = library.mistakes[record.mistakes[1]].hint.in_("en")
    assert [check.message for check in shown.checks] == [record.checks[0].message, hint]
    assert shown.mistakes == record.mistakes


def test_claims_are_shown_without_hints(record, library):
    shown = seen(record, library, HiddenChecks.CLAIMS)
    assert [(check.claim, check.message) for check in shown.checks[1:]] == [("Empty.", "")]
    assert shown.mistakes == record.mistakes[:1]


def test_with_nothing_one_line_has_the_points_of_all_hidden_checks(record, library):
    public, summed = seen(record, library, HiddenChecks.NOTHING).checks
    assert public == record.checks[0]
    assert (summed.name, summed.passed, summed.points, summed.max_points, summed.message) == (
        HIDDEN_SUM,
        False,
        0,
        2,
        "",
    )
    assert summed.claim != "Empty."


@pytest.mark.parametrize("hidden", HiddenChecks)
def test_scores_and_public_checks_are_the_same_for_everybody(record, library, hidden):
    shown = seen(record, library, hidden)
    assert shown.checks[0] == record.checks[0]
    assert (shown.score, shown.max_score, shown.outcome) == (record.score, record.max_score, record.outcome)
    assert sum(check.max_points for check in shown.checks) == 3.0
    assert (SECRET in str(shown)) == (hidden == HiddenChecks.FULL)


@pytest.mark.parametrize("function", ["mean_square", "gone"])
def test_a_check_that_the_course_does_not_know_counts_as_hidden(record, library, function):
    strange = [msgspec.structs.replace(check, name=f"old_{check.name}") for check in record.checks]
    old = msgspec.structs.replace(record, function=function, checks=strange)
    assert [check.name for check in seen(old, library, HiddenChecks.NOTHING).checks] == [HIDDEN_SUM]
    assert VALUE not in str(seen(old, library, HiddenChecks.HINTS))


def test_hints_are_found_in_records_of_both_languages(record, library):
    chinese = library.mistakes[record.mistakes[1]].hint.in_("zh")
    check = msgspec.structs.replace(record.checks[1], message=f"{SECRET}\n{chinese}")
    shown = seen(msgspec.structs.replace(record, checks=[check]), library, HiddenChecks.HINTS)
    assert shown.checks[0].message == chinese
