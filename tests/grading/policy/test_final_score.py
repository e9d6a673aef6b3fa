"""The policy applied to a class: points, attempts, lateness and overrides."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.grading.policy.final_score import (
    TOTAL,
    FinalScore,
    Override,
    change_points,
    compute_final_score,
    share_points,
)
from grader.grading.policy.lateness import days_late, is_undated
from grader.grading.policy.named_students import resolve_extensions
from grader.grading.policy.policy import COURSE, Attempts, LatePolicy, PenaltyBase, Policy
from grader.grading.policy.policy_file import read_policy
from grader.grading.results.journal_rows.run_table import Attempt
from grader.grading.runs.final_results import ScoreInputs, compute_final_results
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata

DUE = datetime(2026, 12, 1, 23, 59, tzinfo=UTC)
DAY = timedelta(days=1)


def record(function="mean_square", score=3.0, maximum=3.0, exercise="ex1_small", student="ada"):
    check = CheckRecord("value", "A claim.", score == maximum, score or 0.0, maximum, "")
    outcome = "grader_fault" if score is None else "passed" if score == maximum else "failed"
    return FunctionRecord(student, exercise, function, score, maximum, outcome, [], [check], "", 0.1)


RECORDS = [record(), record("descend", 1.0, 2.0)]


def handed_in(late, **more):
    """Return the metadata of a submission that arrived `late` after the deadline."""
    return SubmissionMetadata(submitted=DUE + late, **more)


# points and attempts


def test_other_points_are_shared_as_the_declared_ones_and_the_verdicts_stay(library):
    shares = share_points(library.course.exercise_of["mean_square"], "mean_square", Fraction(5))
    checks = [
        CheckRecord("value_and_gradient", "", True, 1.0, 1.0, ""),
        CheckRecord("empty_raises", "", False, 0.0, 2.0, ""),
    ]
    old = FunctionRecord("ada", "ex1_small", "mean_square", 1.0, 3.0, "failed", [], checks, "", 0.1)
    new = change_points(old, shares)
    assert (new.score, new.max_score) == (1.67, 5.0)
    assert [(check.points, check.max_points) for check in new.checks] == [(1.67, 1.67), (0.0, 3.33)]
    fault = msgspec.structs.replace(old, score=None)
    assert change_points(fault, shares).score is None


def attempt(about, *reviewed):
    return Attempt("ada", about, {}), reviewed


def attempts(*scores, late=()):
    for number, score in enumerate(scores, 1):
        days = late[number - 1] if late else 0
        reviewed = record(score=score), "" if score is not None else "a fault"
        yield attempt(handed_in(days * DAY, attempt=number), reviewed)


@pytest.mark.parametrize(
    ("scores", "late", "counts", "score"),
    [
        ((1.0, 3.0, 2.0), (), 2, 3.0),
        ((2.0, 3.0), (0, 5), 1, 2.0),  # the better attempt came too late to score more
        ((2.0, 2.0), (), 2, 2.0),
        ((None, 2.0), (), 2, 2.0),
        ((0.0, None), (), 1, 0.0),
    ],
)
def test_the_attempt_with_the_best_final_score_counts(library, scores, late, counts, score):
    policy = Policy(deadlines={COURSE: DUE}, late=LatePolicy(10), attempts=Attempts.BEST)
    (found,) = compute_final_results(attempts(*scores, late=late), library.course, ScoreInputs(policy))
    assert (found.final.attempt, found.final.score) == (counts, score)
    assert ("may be better" in found.review_reason) == (None in scores)


def test_without_a_policy_or_an_override_records_stay_as_graded(library):
    reviewed = [(record, "") for record in RECORDS]
    made = compute_final_results([attempt(SubmissionMetadata(), *reviewed)], library.course, ScoreInputs(Policy()))
    (found,) = made
    assert found.records == tuple(RECORDS)
    assert found.final == FinalScore("ada", 4.0, 5.0, 4.0, 4.0)


# lateness


@pytest.mark.parametrize(
    ("late", "days"),
    [(-DAY, 0), (timedelta(0), 0), (timedelta(minutes=10), 0), (timedelta(minutes=11), 1), (DAY, 1), (1.01 * DAY, 2)],
)
def test_a_day_counts_as_soon_as_it_begins_and_the_grace_period_does_not_count(late, days):
    assert days_late(DUE + late, DUE, 10) == days
    assert days_late((DUE + late).astimezone(timezone(timedelta(hours=8))), DUE, 10) == days


@pytest.mark.parametrize(
    ("late", "days", "penalty"),
    [
        (LatePolicy(10), 1, 0.4),
        (LatePolicy(10), 3, 1.2),
        (LatePolicy(10, maximum_percent=20), 3, 0.8),
        (LatePolicy(10, bank_days=2), 3, 0.4),
        (LatePolicy(10, bank_days=5), 3, 0.0),
        (LatePolicy(10, percent_of=PenaltyBase.MAXIMUM), 3, 1.5),
        (LatePolicy(100), 3, 4.0),
        (LatePolicy(0.1), 1, 0.0),  # a penalty below 0.01 is not taken
        (LatePolicy(), 3, 0.0),
    ],
)
def test_lateness_costs_what_the_policy_says(late, days, penalty):
    made = compute_final_score(RECORDS, handed_in(days * DAY), Policy(deadlines={COURSE: DUE}, late=late), {})
    assert (made.raw_score, made.penalty, made.score) == (4.0, penalty, pytest.approx(4.0 - penalty))
    assert f"late days: {days}" in made.why


def test_exercises_with_one_deadline_take_their_days_from_the_bank_once():
    records = [record(exercise="ex1"), record("other", exercise="ex2"), record("third", exercise="ex3")]
    policy = Policy(deadlines={COURSE: DUE, "ex3": DUE - DAY}, late=LatePolicy(10, bank_days=3))
    made = compute_final_score(records, handed_in(2 * DAY), policy, {})
    assert made.penalty == pytest.approx(0.6 * 2 - 0.0)  # 3 days of ex3 are free, 2 of ex1 and ex2 are not
    assert made.why.startswith("ex3: late days: 3 (free: 3)")
    assert "ex1, ex2: late days: 2, −20 %" in made.why


def test_an_extension_of_days_keeps_the_time_of_day_when_the_clocks_change(tmp_path, library):
    file = tmp_path / "grader.toml"
    file.write_text('time_zone = "Europe/Berlin"\ndeadlines.course = 2026-10-24T23:59:00\nextensions.ada = 1\n')
    policy = read_policy(file, library.course)
    assert policy.due("ada", "ex1_small") - policy.due("bob", "ex1_small") == timedelta(hours=25)


@pytest.mark.parametrize(
    ("late", "granted", "penalty", "flagged"),
    [
        (LatePolicy(10), {}, 0.0, True),
        (LatePolicy(10, marked_days=2), {}, 0.8, False),
        (LatePolicy(10, marked_days=2), {"ada": {COURSE: 1}}, 0.0, True),
    ],
)
def test_a_submission_that_is_only_marked_as_late_is_decided_by_the_policy_or_a_person(late, granted, penalty, flagged):
    policy = Policy(deadlines={COURSE: DUE}, extensions=granted, late=late)
    made = compute_final_score(RECORDS, SubmissionMetadata(late=True), policy, {})
    assert made.penalty == penalty
    assert bool(made.flags) == flagged


def test_submissions_without_a_time_are_counted_when_there_are_deadlines():
    abouts = [
        SubmissionMetadata(),
        SubmissionMetadata(submitted=DUE),
        SubmissionMetadata(late=True),
        SubmissionMetadata(attempt=0),
    ]
    assert [is_undated(about, Policy(deadlines={COURSE: DUE})) for about in abouts] == [True, False, False, False]
    assert not any(is_undated(about, Policy()) for about in abouts)


lates = st.builds(
    LatePolicy,
    percent_per_day=st.floats(0, 100).map(lambda number: round(number, 2)),
    maximum_percent=st.integers(0, 100),
    grace_minutes=st.integers(0, 60),
    bank_days=st.integers(0, 5),
    percent_of=st.sampled_from(PenaltyBase),
)
hundredths = st.integers(0, 300).map(lambda cents: cents / 100)
hours = st.integers(-48, 400).map(lambda number: timedelta(hours=number))
policies = st.builds(lambda late, apart: Policy(deadlines={COURSE: DUE, "ex2": DUE + apart}, late=late), lates, hours)
classes = st.lists(hundredths, min_size=2, max_size=4).map(
    lambda scores: [record(f"f{n}", score, exercise=f"ex{n % 2 + 1}") for n, score in enumerate(scores)]
)


@given(classes, policies, hours)
def test_a_penalty_never_raises_a_score_and_never_makes_it_negative(records, policy, late):
    made = compute_final_score(records, handed_in(late), policy, {})
    assert 0 <= made.score <= made.raw_score
    assert made.score == pytest.approx(made.raw_score - made.penalty)


@given(classes, policies)
def test_a_submission_in_time_has_no_penalty(records, policy):
    first = min(policy.deadlines.values())
    made = compute_final_score(records, SubmissionMetadata(submitted=first), policy, {})
    assert (made.penalty, made.why, made.score) == (0.0, "", made.raw_score)


@given(classes, policies, hours, hours)
def test_a_later_submission_never_gets_a_higher_score(records, policy, one, other):
    early, late = sorted((one, other))
    assert (
        compute_final_score(records, handed_in(late), policy, {}).score
        <= compute_final_score(records, handed_in(early), policy, {}).score
    )


@given(classes, policies, hours, st.integers(1, 9))
def test_an_extension_never_lowers_a_score(records, policy, late, days):
    extended = Policy(deadlines=policy.deadlines, late=policy.late, extensions={"ada": {COURSE: days}})
    assert (
        compute_final_score(records, handed_in(late), extended, {}).score
        >= compute_final_score(records, handed_in(late), policy, {}).score
    )


# overrides


def override(function, score, comment="", automatic=None, noted=False):
    return {function: Override("ada", function, score, comment, automatic, noted)}


def test_an_override_of_a_function_replaces_its_checks_and_the_late_penalty_still_applies():
    policy = Policy(deadlines={COURSE: DUE}, late=LatePolicy(50))
    made = compute_final_score(RECORDS, handed_in(DAY), policy, override("descend", 2.0, "right idea", 1.0, True))
    assert (made.raw_score, made.score, made.penalty) == (4.0, 2.5, 2.5)
    assert (made.overridden, made.comment, made.flags) == (["descend"], "descend: right idea", [])


def test_an_override_of_the_total_replaces_checks_and_penalty():
    policy = Policy(deadlines={COURSE: DUE}, late=LatePolicy(50))
    made = compute_final_score(RECORDS, handed_in(DAY), policy, override(TOTAL, 4.5, automatic=2.0, noted=True))
    assert (made.raw_score, made.automatic, made.score, made.penalty, made.flags) == (4.0, 2.0, 4.5, 0.0, [])


def test_an_override_sets_the_score_of_a_function_that_the_grader_left_ungraded(library):
    graded = attempt(SubmissionMetadata(), (record(score=None), "a fault"), (record("descend", 1.0, 2.0), ""))
    (before,) = compute_final_results([graded], library.course, ScoreInputs(Policy(language="en")))
    assert (before.final.score, before.review_reason) == (None, "a fault")
    inputs = ScoreInputs(Policy(), {"ada": override("mean_square", 3.0, noted=True)})
    (after,) = compute_final_results([graded], library.course, inputs)
    assert (after.final.score, after.review_reason) == (4.0, "")


@pytest.mark.parametrize(
    ("function", "automatic", "words"),
    [
        (
            "mean_square",
            2.0,
            "mean_square: the automatic score changed after the override: 2.00 then, 3.00 now",
        ),
        (
            "mean_square",
            None,
            "mean_square: the automatic score changed after the override: none then, 3.00 now",
        ),
        (TOTAL, 5.0, "total: the automatic score changed after the override: 5.00 then, 4.00 now"),
    ],
)
def test_an_override_is_flagged_if_the_automatic_score_has_changed(function, automatic, words):
    made = compute_final_score(
        RECORDS, SubmissionMetadata(), Policy(), override(function, 2.5, automatic=automatic, noted=True)
    )
    assert made.flags == [words]


def test_an_override_that_names_no_automatic_score_is_not_flagged():
    assert compute_final_score(RECORDS, SubmissionMetadata(), Policy(), override("descend", 2.0)).flags == []


def test_an_override_of_a_function_that_was_not_graded_has_no_effect():
    made = compute_final_score(RECORDS[:1], SubmissionMetadata(), Policy(), override("descend", 2.0, "fine", 1.0, True))
    assert (made.score, made.max_score, made.overridden, made.comment) == (3.0, 3.0, [], "")


def test_a_comment_without_a_score_changes_no_score_and_is_never_flagged():
    made = compute_final_score(RECORDS, SubmissionMetadata(), Policy(), override(TOTAL, None, "see me", 9.0, True))
    assert (made.score, made.comment, made.overridden, made.flags) == (4.0, "see me", [], [])


PEOPLE = {
    "0042": SubmissionMetadata(name="王小明", email="wang@example.edu"),
    "bob": SubmissionMetadata(name="Bob B.", ids=("s7",)),
    "eve": SubmissionMetadata(name="Bob B."),
}


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("0042", "0042"),
        ("42", "0042"),
        ("王小明", "0042"),
        ("WANG@example.edu", "0042"),
        ("S7", "bob"),
        ("Bob B.", None),
        ("x", None),
    ],
)
def test_a_student_is_found_by_any_text_that_fits_only_one_student(name, student):
    assert StudentIndex(PEOPLE).find(name) == ([student] if student else ["bob", "eve"] if "Bob" in name else [])


def test_extensions_follow_students_and_name_those_whom_the_class_lacks():
    given = Policy(extensions={"s7": {COURSE: 2}, "zoe": {COURSE: 1}, "Bob B.": {COURSE: 3}})
    found = resolve_extensions(given, StudentIndex(PEOPLE))
    assert found.policy.extensions["bob"] == {COURSE: 2}
    assert found.unclear_names == {"zoe": [], "Bob B.": ["bob", "eve"]} and not found.repeated_names


def test_extensions_under_two_names_of_a_student_are_merged_and_a_repeated_deadline_is_named():
    given = Policy(extensions={"s7": {"ex1": 2}, "bob": {"ex2": 1}})
    found = resolve_extensions(given, StudentIndex(PEOPLE))
    assert (found.policy.extensions, found.repeated_names) == ({"bob": {"ex1": 2, "ex2": 1}}, {})
    given = Policy(extensions={"s7": {"ex1": 2}, "bob": {"ex1": 1}})
    found = resolve_extensions(given, StudentIndex(PEOPLE))
    assert (found.policy.extensions, found.repeated_names) == ({"bob": {"ex1": 1}}, {"bob": ["s7", "bob"]})
