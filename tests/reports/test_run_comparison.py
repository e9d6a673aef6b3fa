"""Two runs are compared by the students that both have; a student in one run only neither gains nor loses points."""

import io

import msgspec
from rich.console import Console

from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.comparison.run_comparison import FunctionChange, compare_runs, with_points_of
from grader.reports.comparison.run_comparison_tables import comparison_tables


def record(student, score=2.0, outcome="passed", passed=(True, True), function="f"):
    checks = [CheckRecord(f"check_{n}", "A claim.", ok, float(ok), 1.0, "") for n, ok in enumerate(passed)]
    return FunctionRecord(student, "ex1", function, score, 2.0, outcome, [], checks, "a.py", 0.1)


def said(before, after):
    screen = io.StringIO()
    console = Console(file=screen, width=80, highlight=False)
    for part in comparison_tables(compare_runs(before, after), "en"):
        console.print(part)
    return screen.getvalue()


def test_only_a_different_outcome_or_score_is_a_change():
    before = [record("ada"), record("bob"), record("cy", 0.0, "failed", (False, False))]
    after = [record("ada"), record("bob", 1.0, "failed", (True, False)), record("cy", 0.0, "raised", (False, False))]
    found = compare_runs(before, after)
    assert found.changes == (
        FunctionChange("bob", "f", 2.0, 1.0, ("-check_1",)),
        FunctionChange("cy", "f", 0.0, 0.0, ()),
    )
    assert found.compared == 3


def test_a_grader_fault_is_no_loss():
    (change,) = compare_runs([record("ada")], [record("ada", None, "grader_fault", (False, False))]).changes
    assert (change.gain, change.after) == (0.0, None)


def test_a_student_of_one_run_only_is_named_once_and_loses_nothing():
    before = [record("ada"), *(record("[b]gone", function=f) for f in "fgh")]
    text = said(before, [record("ada"), record("new")])
    assert "only in the first run (1): [b]gone" in text and "only in the second run (1): new" in text
    assert "results changed: gained points 0 (+0.00), lost points 0 (−0.00), same score 0" in text


def test_checks_are_counted_over_the_class_the_most_changed_first():
    before = [record(f"s{n}", 2.0) for n in range(5)]
    after = [record(f"s{n}", 1.0, "failed", (n == 0, False)) for n in range(5)]
    assert compare_runs(before, after).by_check == [("f", "check_1", 0, 5), ("f", "check_0", 0, 4)]
    assert "f::check_1" in said(before, after) and "lost points 5 (−5.00)" in said(before, after)


def test_many_changes_and_many_checks_are_cut_and_counted():
    before = [record(f"s{n:03}", 0.0, "failed", (False,) * 9) for n in range(300)]
    text = said(before, [record(f"s{n:03}", 2.0, "passed", (True,) * 9) for n in range(300)])
    assert "… and 6 more" in text and "… and 100 more" in text and "s250" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_points_that_a_policy_or_a_person_changed_are_no_difference():
    original = record("ada", 1.0, "failed", (True, False))
    doubled = msgspec.structs.replace(
        original,
        score=2.0,
        max_score=4.0,
        checks=[CheckRecord(c.name, c.claim, c.passed, 2 * c.points, 2.0, "") for c in original.checks],
    )
    by_hand = msgspec.structs.replace(doubled, score=3.5)
    for known in (original, doubled, by_hand):
        assert compare_runs([known], [with_points_of(known, original)]).changes == ()
    (change,) = compare_runs([doubled], [with_points_of(doubled, record("ada"))]).changes
    assert (change.before, change.after, change.checks) == (2.0, 4.0, ("+check_1",))


def test_an_ungraded_function_has_a_score_in_the_second_run():
    ungraded = record("ada", None, "grader_fault", (False, False))
    failed = with_points_of(ungraded, record("ada", 0.0, "failed", (False, False)))
    (change,) = compare_runs([ungraded], [failed]).changes
    assert (change.before, change.after) == (None, 0.0)
