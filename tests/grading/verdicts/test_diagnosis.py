"""The rules by which known mistakes are named; each rule is tested on outcomes made up for it."""

import pytest

from grader.core.comparison import Tolerance
from grader.core.outcomes import Crashed, Observed, Raised, TimedOut
from grader.core.reasons import Code, Reason
from grader.core.text import Text
from grader.experiments.declaration import Check
from grader.grading.verdicts.diagnosis import add_hints, decide_mistakes, explains_in_full, recognize_mistakes
from grader.grading.verdicts.verdict import decide

RIGHT = {"loss": 1.0, "slope": 2.0, "rows": 3.0, "kind": "mean"}
NAMES = ("one", "two", "three")
CHECKS = {name: Check("f", name, Text(en="A claim.", zh="断言。"), False, 1, Tolerance(), False) for name in NAMES}
IDS = {name: check.id for name, check in CHECKS.items()}
AS_DECLARED = Reason.of(Code.AS_DECLARED)


def outcome(found):
    return Observed(RIGHT | found) if isinstance(found, dict) else found


def outcomes(one=None, two=None, three=None):
    """Return the outcome of each check, from its wrong observations or an outcome; a check with None passes."""
    return {IDS[name]: outcome(found or {}) for name, found in zip(NAMES, (one, two, three), strict=True)}


def diagnose(answer, **mistakes):
    """Return the diagnosis of an answer, and the hints of each check."""
    references = {check.id: Observed(RIGHT) for check in CHECKS.values()}
    verdicts = [decide(check, answer[check.id], references[check.id]) for check in CHECKS.values()]
    known = decide_mistakes(list(CHECKS.values()), references, mistakes)
    diagnosis = recognize_mistakes(verdicts, known)
    return diagnosis, {v.check.name: v.hints for v in add_hints(verdicts, known, diagnosis)}


def named(answer, **mistakes):
    return diagnose(answer, **mistakes)[0].mistakes


def test_a_mistake_that_explains_everything_is_named_with_each_failed_check():
    sums = outcomes({"loss": 4.0}, None, {"loss": 8.0})
    diagnosis, hints = diagnose(sums, sums=sums, halves=outcomes({"loss": 0.5}))
    assert diagnosis.mistakes == diagnosis.hinting == ("sums",)
    assert hints == {"one": ("sums",), "two": (), "three": ("sums",)}


@pytest.mark.parametrize("false", [{"two": {"loss": 5.0}}, {"one": {"loss": 4.0, "slope": 9.0}}])
def test_a_mistake_without_false_predictions_is_preferred_to_one_with_some(false):
    predicted = {"one": {"loss": 4.0}, "three": {"loss": 8.0}} | false
    answer = outcomes({"loss": 4.0}, None, {"loss": 8.0})
    assert named(answer, more=outcomes(**predicted), sums=outcomes({"loss": 4.0})) == ("sums",)


def test_a_mistake_is_not_ruled_out_by_an_exception_in_place_of_an_observation():
    answer = outcomes({"loss": 4.0}, Raised("TypeError", "no"), None)
    assert named(answer, sums=outcomes({"loss": 4.0}, {"loss": 7.0})) == ("sums",)


def test_of_two_that_explain_as_many_checks_the_one_that_fails_more_is_named():
    answer = outcomes({"loss": 4.0}, Raised("TypeError", "no"), None)
    fails_more = outcomes({"loss": 4.0}, {"loss": 7.0})
    assert named(answer, sums=outcomes({"loss": 4.0}), also=fails_more) == ("also",)


def test_of_two_that_explain_as_many_checks_the_one_that_predicts_more_is_named():
    answer = outcomes({"loss": 4.0}, {"loss": 7.0, "slope": 9.0}, {"kind": "sum"})
    sums = outcomes({"loss": 4.0}, {"loss": 7.0})
    other = outcomes({"loss": 4.0}, {"loss": 6.0, "slope": 8.0})
    assert named(answer, other=other, sums=sums) == ("sums",)


def test_mistakes_that_cannot_be_distinguished_are_all_named_with_one_hint():
    answer = outcomes({"loss": 4.0})
    diagnosis, hints = diagnose(answer, first=outcomes({"loss": 4.0}), second=outcomes({"loss": 4.0}))
    assert diagnosis.mistakes == ("first", "second")
    assert diagnosis.hinting == ("first",) == hints["one"]


def test_the_checks_left_over_are_explained_by_another_mistake():
    answer = outcomes({"loss": 4.0}, {"loss": 4.0}, Raised("TypeError", "no"))
    mistakes = {"raises": outcomes(three=Raised("TypeError", "no")), "sums": outcomes({"loss": 4.0}, {"loss": 4.0})}
    assert named(answer, **mistakes) == ("sums", "raises")


def test_two_mistakes_share_a_check_if_their_observations_are_all_that_is_wrong():
    answer = outcomes({"loss": 4.0, "slope": 9.0})
    mistakes = {"sums": outcomes({"loss": 4.0}), "steep": outcomes({"slope": 9.0})}
    assert named(answer, **mistakes) == ("sums", "steep")


def test_two_mistakes_that_overlap_or_leave_something_over_share_no_check():
    overlapping = {"first": outcomes({"loss": 4.0, "kind": "sum"}), "second": outcomes({"slope": 9.0, "kind": "sum"})}
    assert named(outcomes({"loss": 4.0, "slope": 9.0, "kind": "sum"}), **overlapping) == ()
    parts = {"first": outcomes({"loss": 4.0}), "second": outcomes({"slope": 9.0})}
    assert named(outcomes({"loss": 4.0, "slope": 9.0, "rows": 5.0}), **parts) == ()


def test_a_mistake_that_alone_predicts_two_wrong_numbers_is_named_for_them():
    answer = outcomes({"loss": 4.0, "slope": 9.0, "rows": 5.0}, None, {"kind": "sum"})
    mistakes = {
        "sums": outcomes({"loss": 4.0, "slope": 9.0}),
        "one_number": outcomes({"loss": 4.0}),
        "word": outcomes(three={"kind": "sum"}),
    }
    diagnosis, hints = diagnose(answer, **mistakes)
    assert diagnosis.mistakes == ("word", "sums")
    assert hints == {"one": ("sums",), "two": (), "three": ("word",)}
    del mistakes["sums"]
    assert named(answer, **mistakes) == ("word",)


def test_the_best_guess_predicts_at_least_half_and_no_more_that_did_not_happen():
    answer = outcomes({"loss": 4.0}, {"loss": 4.0})
    half = outcomes({"loss": 4.0}, None, {"loss": 4.0})
    assert named(answer, half=half) == ("half",)
    assert named(answer, less=outcomes({"loss": 4.0}, None, {"loss": 4.0, "slope": 1.0})) == ()
    assert named(answer, half=half, as_good=half) == ()


def test_if_no_mistake_predicts_the_answer_none_is_named():
    answer = outcomes({"loss": 4.0}, TimedOut(1.0), Crashed(Reason.of(Code.LOST_WORKERS)))
    assert named(answer, other=outcomes({"loss": 5.0}), raises=outcomes(Raised("ValueError", "x"))) == ()
    assert named(outcomes(Raised("ValueError", "y")), raises=outcomes(Raised("ValueError", "x"))) == ()


def test_a_mistake_declared_to_never_return_explains_a_time_out_of_any_check():
    endless = outcomes(TimedOut(0.0), TimedOut(0.0), TimedOut(0.0))
    assert named(outcomes(None, TimedOut(1.0), None), endless=endless) == ("endless",)
    ended = outcomes(*3 * (Crashed(AS_DECLARED),))
    assert named(outcomes(None, TimedOut(1.0), None), ended=ended) == ()


def test_a_check_without_a_result_because_of_the_budget_does_not_count_for_or_against_a_mistake():
    endless = outcomes(TimedOut(0.0), TimedOut(0.0), TimedOut(0.0))
    reason = Reason.of(Code.TIME_BUDGET, seconds=60)
    answer = outcomes(None, TimedOut(5.0, reason=reason), TimedOut(5.0, unrun=True, reason=reason))
    assert named(answer, endless=endless) == ()
    processor = outcomes(None, TimedOut(5.0, reason=Reason.of(Code.PROCESSOR_TIME, seconds=20)), None)
    assert named(processor, endless=endless) == ("endless",)


def test_verdicts_explain_each_other_in_full_if_all_that_is_wrong_is_the_same():
    def verdict(found):
        return decide(CHECKS["one"], outcome(found), Observed(RIGHT))

    assert explains_in_full(verdict({"loss": 4.0}), verdict({"loss": 4.0}))
    assert not explains_in_full(verdict({"loss": 4.0}), verdict({"loss": 4.0, "slope": 9.0}))
    assert not explains_in_full(verdict({"loss": 4.0}), verdict(TimedOut(1.0)))
    assert explains_in_full(verdict(TimedOut(1.0)), verdict(TimedOut(0.0)))
