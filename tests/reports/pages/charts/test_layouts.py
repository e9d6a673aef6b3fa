"""Layouts of the charts, on classes whose answer is known."""

from array import array
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from grader.grading.policy.policy import COURSE, Policy
from grader.reports.pages.charts.discrimination import group_by_discrimination
from grader.reports.pages.charts.misconceptions import MAX_BARS, MAX_PAIRS, find_pairs, most_common
from grader.reports.pages.charts.submission_times import MAX_BARS as MAX_TIME_BARS
from grader.reports.pages.charts.submission_times import SubmissionTimes, lay_out_times
from grader.reports.pages.charts.totals import count_by_tenth, lay_out_totals, quartiles
from grader.reports.pages.check_statistics import ScoreStatistics
from grader.submissions.submission import SubmissionMetadata

START = datetime(2026, 11, 1, tzinfo=UTC)


def test_totals_fall_into_ten_tenths_and_full_or_more_points_into_the_last():
    assert count_by_tenth([0.0, 0.05, 0.3, 0.99, 1.0, 1.2]) == [2, 0, 0, 1, 0, 0, 0, 0, 0, 3]


def test_quartiles_are_those_of_numpy_and_need_five_totals():
    shares = [0.1, 0.4, 0.5, 0.8, 1.0, 0.2]
    found = quartiles(shares)
    assert [found.first, found.median, found.third] == pytest.approx(np.percentile(shares, [25, 50, 75]))
    assert (found.lowest, found.highest) == (0.1, 1.0)
    assert quartiles(shares[:4]) is None and lay_out_totals(shares[:4], 0, 0).dots == [0.1, 0.4, 0.5, 0.8]


def test_students_without_a_total_have_bars_only_if_there_are_some():
    assert lay_out_totals([0.5], 0, 0).scale == 100 and not lay_out_totals([0.5], 0, 0).others
    apart = lay_out_totals([0.5], 2, 1)
    assert [(bar.kind, bar.count) for bar in apart.others] == [("fault", 2), ("missing", 1)]
    assert all(bar.x > apart.scale for bar in apart.others)


def test_functions_are_grouped_by_their_correlation_the_ones_to_review_first():
    r = {"b": 0.19, "a": -0.3, "d": 0.6, "c": 0.3, "e": None, "f": 0.0}
    items = [(name, ScoreStatistics(0.5, 0.5, value, value)) for name, value in r.items()]
    groups = group_by_discrimination(items, str)
    assert [[one.function for one in group.functions] for group in groups] == [["a"], ["f", "b"], ["c"], ["d"], ["e"]]
    assert [group.urgent for group in groups] == [True, False, False, False, False]
    assert "did worse" in groups[0].sentence
    assert groups[0].functions[0].bar == (35.0, 15.0) and groups[3].functions[0].bar == (50.0, 30.0)


def test_a_planted_pair_is_found_and_independent_mistakes_are_not():
    rng = np.random.default_rng(0)
    made = {f"m{i}": array("l", np.flatnonzero(rng.random(2000) < 0.1).tolist()) for i in range(20)}
    made["cause"] = array("l", range(0, 2000, 20))
    made["effect"] = array("l", [*range(0, 1600, 20), 7, 9])
    (pair,) = find_pairs(made, 2000)
    assert {pair.first, pair.second} == {"cause", "effect"} and pair.together == 80
    assert pair.by_chance == pytest.approx(100 * 82 / 2000)
    assert pair.width == 100 and pair.chance_at == pytest.approx(100 * pair.by_chance / 80, abs=0.1)


def test_of_many_misconceptions_and_pairs_only_the_first_are_shown():
    same = {f"m{i}": array("l", range(10)) for i in range(30)}
    assert len(find_pairs(same, 1000)) == MAX_PAIRS
    assert len(most_common({id: len(one) for id, one in same.items()}, 1000)) == MAX_BARS
    assert find_pairs({}, 0) == [] and most_common({}, 0) == []


def times_of(*moments, late=()):
    times = SubmissionTimes()
    for number, moment in enumerate(moments):
        times.add(SubmissionMetadata(submitted=moment), number in late, False)
    return times


@pytest.mark.parametrize("days", [0, 0.01, 3, 40, 2000, 40_000])
def test_bars_cover_all_submissions_whether_they_took_minutes_or_years(days):
    moments = [START, START + timedelta(days=days / 3), START + timedelta(days=days)]
    chart = lay_out_times(times_of(*moments, late={2}), Policy())
    assert sum(bar.on_time for bar in chart.bars) == 2 and sum(bar.late for bar in chart.bars) == 1
    assert len(chart.bars) <= MAX_TIME_BARS + 1
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 for bar in chart.bars)


def test_a_deadline_lies_between_what_is_on_time_and_what_is_late():
    due = START + timedelta(days=2)
    policy = Policy(deadlines={COURSE: due, "ex1": due, "ex2": due + timedelta(days=1)}, time_zone="Asia/Shanghai")
    chart = lay_out_times(times_of(due - timedelta(days=2), due + timedelta(days=2), late={1}), policy)
    first, second = chart.deadlines
    assert (first.number, first.exercises, first.moment) == (1, ["ex1"], "2026-11-03 08:00")
    on_time, late = ([bar.x for bar in chart.bars if getattr(bar, kind)] for kind in ("on_time", "late"))
    assert max(on_time) < first.x < second.x < min(late)
    assert second.exercises == ["ex2"]


def test_a_deadline_in_the_year_9999_is_left_out():
    policy = Policy(deadlines={COURSE: datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, time_zone="Asia/Shanghai")
    chart = lay_out_times(times_of(START), policy)
    assert chart.deadlines == [] and len(chart.bars) == 1


def test_without_moments_there_is_no_chart_and_missing_submissions_do_not_count():
    times = SubmissionTimes()
    times.add(SubmissionMetadata(), False, False)
    times.add(replace(SubmissionMetadata(), attempt=0), False, True)
    assert times.undated == 1 and lay_out_times(times, Policy(deadlines={COURSE: START})) is None
