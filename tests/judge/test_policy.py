"""The policy of a course: read with every fault and its line, and applied without a surprise."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.submission import About, Submission
from grader.judge.final import TOTAL, Override, final, with_points
from grader.judge.journal import Judged
from grader.judge.late import days_late
from grader.judge.policy import COURSE, Attempts, Hidden, Keep, Late, Policy, Share
from grader.judge.policy_file import PolicyError, find_policy, read_policy
from grader.judge.record import CheckRecord, FunctionRecord
from grader.judge.settle import Say, find_student, for_class, settle, undated
from grader.judge.toml_lines import line_of

DUE = datetime(2026, 12, 1, 23, 59, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def read(tmp_path, library):
    """Read a policy from its text."""

    def read(text):
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "grader.toml").write_bytes(data)
        return read_policy(tmp_path / "grader.toml", library.course)

    return read


@pytest.fixture
def faults(read):
    """The lines and words of what is wrong with a text."""

    def faults(text):
        with pytest.raises(PolicyError) as found:
            read(text)
        parts = [fault.partition("grader.toml:")[2].partition(": ") for fault in found.value.faults]
        return [(int(line), words) for line, _, words in parts]

    return faults


def record(function="mean_square", score=3.0, maximum=3.0, exercise="ex1_small", student="ada"):
    check = CheckRecord("value", "A claim.", score == maximum, score or 0.0, maximum, "")
    outcome = "grader_fault" if score is None else "passed" if score == maximum else "failed"
    return FunctionRecord(student, exercise, function, score, maximum, outcome, [], [check], "", 0.1)


RECORDS = [record(), record("descend", 1.0, 2.0)]


def handed_in(late, **more):
    """Handed in so long after the deadline."""
    return About(submitted=DUE + late, **more)


# reading


def test_without_a_file_all_is_as_declared(library, tmp_path):
    assert read_policy(None, library.course) == Policy()
    assert find_policy(None, tmp_path) is None


def test_every_key_arrives(read):
    policy = read("""
        language = "zh"
        exercises = ["descend"]
        attempts = "best"
        hidden = "claims"
        time_zone = "Asia/Shanghai"
        points = { ex1_small = 10 }
        [deadlines]
        course = 2026-12-01T23:59:00
        ex1_small = 2026-12-08
        [extensions]
        ada = 3
        bob.ex1_small = 2026-12-20T12:00:00+01:00
        [late]
        percent_per_day = 12.5
        maximum_percent = 50
        grace_minutes = 10
        bank_days = 2
        percent_of = "maximum"
        marked_days = 1
        [keep]
        submissions_days = 180
        names_days = 365
    """)
    assert (policy.language, policy.exercises, policy.attempts) == ("zh", ("descend",), Attempts.BEST)
    assert (policy.hidden, policy.points) == (Hidden.CLAIMS, {"mean_square": 6, "descend": 4})
    assert policy.deadlines[COURSE].astimezone(UTC) == datetime(2026, 12, 1, 15, 59, tzinfo=UTC)
    assert policy.due("cy", "ex1_small") == datetime(2026, 12, 8, 15, 59, 59, tzinfo=UTC)
    assert policy.due("ada", "ex1_small") == datetime(2026, 12, 11, 15, 59, 59, tzinfo=UTC)
    assert policy.due("bob", "ex1_small") == datetime(2026, 12, 20, 11, 0, tzinfo=UTC)
    assert policy.late == Late(12.5, 50, 10, 2, Share.MAXIMUM, 1)
    assert policy.keep == Keep(180, 365)


WRONG = """# a policy
langauge = "zh"
time_zone = "Asia/Shangai"
percent_per_day = 3
exercises = ["ex1_small",
   "descnd"]

[points]
mean_square = 0
ex1_small = 0.001
"descend" = true

[late]
grace_minutes = nan
percent_per_day = 101
percent_of = "all"
bank_days = 1.5

[deadlines]
course = "2026-01-01"
ex1_smal = 2026-01-01
ex1_small = 2026-01-02T10:00:00

[extensions]
ada = 0
bob = 2025-01-01
[extensions."d e"]
descend = 2

[keep]
names_days = -1
"""
SAID = {
    2: "langauge: unknown. Did you mean language?",
    3: 'time_zone = "Asia/Shangai": expected the name of a time zone, such as Asia/Shanghai',
    4: "percent_per_day: unknown. Did you mean late.percent_per_day?",
    5: "exercises: descnd: unknown. Did you mean descend?",
    9: "points.mean_square = 0: expected a number above 0, with two decimals at most",
    10: "points.ex1_small = 0.001: expected a number above 0, with two decimals at most",
    11: "points.descend = true: expected a number above 0, with two decimals at most",
    14: "late.grace_minutes = NaN: expected minutes, from 0 to 10080",
    15: "late.percent_per_day = 101: expected a number from 0 to 100",
    16: 'late.percent_of = "all": expected one of "score", "maximum"',
    17: "late.bank_days = 1.5: expected whole days, from 0",
    20: 'deadlines.course = "2026-01-01": expected a date and time without quotes, such as 2026-12-01T23:59:00',
    21: "deadlines.ex1_smal: unknown. Did you mean ex1_small?",
    25: "extensions.ada = 0: expected whole days from 1, or a date and time",
    26: "extensions.bob = 2025-01-01: expected a moment after the deadline (2026-01-02 10:00 UTC)",
    28: "extensions.d e.descend: unknown. Known are course, ex1_small",
    31: "keep.names_days = -1: expected whole days, from 0",
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_everything_wrong_is_said_at_once_with_its_line(faults, end):
    assert faults(WRONG.replace("\n", end)) == list(SAID.items())


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\n[late\n", 2, "this is no TOML"),
        ("points = 3\n", 1, "a table of its own"),
        ('language = "zh"\nlanguage = "en"\n', 2, "this is no TOML"),
        ("[deadlines]\ncourse = 2026-12-01T10:00:00\n", 2, "in which time zone?"),
        ('[points]\ntime_zone = "UTC"\n', 2, "Did you mean time_zone?"),
        ("[points]\nex1_small = 5\ndescend = 2\n", 2, "give only one"),
        ("[points]\nex1_small = 0.01\n", 2, "a hundredth at least for each function"),
        ("exercises = []\n", 1, "with one at least"),
        ("[extensions]\nada = 3\n", 2, "there is no deadline to extend"),
        ('time_zone = "Europe/Berlin"\n[deadlines]\ncourse = 2026-03-29T02:30:00\n', 3, "the clocks skip this one"),
        ("# \u738b\n".encode("gbk"), 1, "save it as UTF-8"),
        ('x."a\\u202eb" = 1\n', 1, "x: unknown"),
    ],
)
def test_a_single_fault_is_said_with_its_line(faults, text, line, words):
    ((where, said),) = faults(text)
    assert where == line
    assert words in said
    assert said.isprintable()


def test_a_mark_of_windows_at_the_beginning_is_no_fault(read):
    assert read(b'\xef\xbb\xbflanguage = "zh"\r\n').language == "zh"


LAYOUT = '''a = """
b = 1
"""
"c" . d = [
  # [e]
  1,
]
[e]  # f = 1

f.g = 2
f.h = {i = 1, j = 2}
[[k]]
l = 1
[e.m]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [("a", 1), ("c", 4), ("c d", 4), ("e", 8), ("e f", 10), ("e f h j", 11), ("k", 12), ("e m", 14)],
)
def test_a_key_is_found_on_its_line_however_it_is_written(path, line):
    assert line_of(LAYOUT, path.split()) == line


# points and attempts


def test_other_points_are_shared_as_the_declared_ones_and_the_verdicts_stay(library):
    exercise = library.course.home["mean_square"]
    checks = [
        CheckRecord("value_and_gradient", "", True, 1.0, 1.0, ""),
        CheckRecord("empty_raises", "", False, 0.0, 2.0, ""),
    ]
    old = FunctionRecord("ada", "ex1_small", "mean_square", 1.0, 3.0, "failed", [], checks, "", 0.1)
    new = with_points(old, exercise, Fraction(5))
    assert (new.score, new.max_score) == (1.67, 5.0)
    assert [(check.points, check.max_points) for check in new.checks] == [(1.67, 1.67), (0.0, 3.33)]
    fault = msgspec.structs.replace(old, score=None)
    assert with_points(fault, exercise, Fraction(5)).score is None


def submission(about):
    return Submission("ada", Path(), (), about=about)


def attempts(*scores, late=()):
    for number, score in enumerate(scores, 1):
        human = {} if score is not None else {"mean_square": "a fault"}
        judged = Judged("ada", (record(score=score),), "a fault" if human else "", human)
        days = late[number - 1] if late else 0
        yield judged, submission(handed_in(days * DAY, attempt=number))


@pytest.mark.parametrize(
    ("scores", "late", "counts", "score"),
    [
        ((1.0, 3.0, 2.0), (), 2, 3.0),
        ((2.0, 3.0), (0, 5), 1, 2.0),  # the better work came too late to be worth more
        ((2.0, 2.0), (), 2, 2.0),
        ((None, 2.0), (), 2, 2.0),
        ((0.0, None), (), 1, 0.0),
    ],
)
def test_the_attempt_with_the_best_final_score_counts(library, scores, late, counts, score):
    policy = Policy(deadlines={COURSE: DUE}, late=Late(10), attempts=Attempts.BEST)
    ((found, _),) = settle(attempts(*scores, late=late), library.course, Say(policy))
    assert (found.final.attempt, found.final.score) == (counts, score)
    assert ("perhaps better" in found.human) == (None in scores)


def test_without_a_policy_or_an_override_records_are_what_the_checks_made(library):
    judged = Judged("ada", tuple(RECORDS))
    attempt = (judged, submission(About()))
    assert settle([attempt], library.course, Say(Policy())) == [attempt]


# lateness


@pytest.mark.parametrize(
    ("late", "days"),
    [(-DAY, 0), (timedelta(0), 0), (timedelta(minutes=10), 0), (timedelta(minutes=11), 1), (DAY, 1), (1.01 * DAY, 2)],
)
def test_a_day_that_has_begun_is_a_day_and_the_grace_is_none(late, days):
    assert days_late(DUE + late, DUE, 10) == days
    assert days_late((DUE + late).astimezone(timezone(timedelta(hours=8))), DUE, 10) == days


@pytest.mark.parametrize(
    ("late", "days", "penalty"),
    [
        (Late(10), 1, 0.4),
        (Late(10), 3, 1.2),
        (Late(10, maximum_percent=20), 3, 0.8),
        (Late(10, bank_days=2), 3, 0.4),
        (Late(10, bank_days=5), 3, 0.0),
        (Late(10, percent_of=Share.MAXIMUM), 3, 1.5),
        (Late(100), 3, 4.0),
        (Late(0.1), 1, 0.0),  # less than a hundredth is not taken
        (Late(), 3, 0.0),
    ],
)
def test_lateness_costs_what_the_policy_says(late, days, penalty):
    made = final(RECORDS, handed_in(days * DAY), Policy(deadlines={COURSE: DUE}, late=late), {})
    assert (made.raw_score, made.penalty, made.score) == (4.0, penalty, pytest.approx(4.0 - penalty))
    assert f"late days: {days}" in made.why


def test_exercises_with_one_deadline_take_their_days_from_the_bank_once():
    records = [record(exercise="ex1"), record("other", exercise="ex2"), record("third", exercise="ex3")]
    policy = Policy(deadlines={COURSE: DUE, "ex3": DUE - DAY}, late=Late(10, bank_days=3))
    made = final(records, handed_in(2 * DAY), policy, {})
    assert made.penalty == pytest.approx(0.6 * 2 - 0.0)  # 3 days of ex3 are free, 2 of ex1 and ex2 are not
    assert made.why.startswith("ex3: late days: 3 (free: 3)")
    assert "ex1, ex2: late days: 2, −20 %" in made.why


def test_an_extension_of_days_keeps_the_time_of_day_when_the_clocks_change(read):
    policy = read('time_zone = "Europe/Berlin"\n[deadlines]\ncourse = 2026-10-24T23:59:00\n[extensions]\nada = 1\n')
    assert policy.due("ada", "ex1_small") - policy.due("bob", "ex1_small") == timedelta(hours=25)


@pytest.mark.parametrize(
    ("late", "granted", "penalty", "flagged"),
    [
        (Late(10), {}, 0.0, True),
        (Late(10, marked_days=2), {}, 0.8, False),
        (Late(10, marked_days=2), {"ada": {COURSE: 1}}, 0.0, True),
    ],
)
def test_a_submission_that_is_only_marked_as_late_is_decided_by_the_policy_or_a_person(late, granted, penalty, flagged):
    policy = Policy(deadlines={COURSE: DUE}, extensions=granted, late=late)
    made = final(RECORDS, About(late=True), policy, {})
    assert made.penalty == penalty
    assert bool(made.flags) == flagged


def test_submissions_without_a_time_are_counted_when_there_are_deadlines():
    abouts = [About(), About(submitted=DUE), About(late=True), About(attempt=0)]
    assert undated(abouts, Policy(deadlines={COURSE: DUE})) == 1
    assert undated(abouts, Policy()) == 0


lates = st.builds(
    Late,
    percent_per_day=st.floats(0, 100).map(lambda number: round(number, 2)),
    maximum_percent=st.integers(0, 100),
    grace_minutes=st.integers(0, 60),
    bank_days=st.integers(0, 5),
    percent_of=st.sampled_from(Share),
)
hundredths = st.integers(0, 300).map(lambda cents: cents / 100)
hours = st.integers(-48, 400).map(lambda number: timedelta(hours=number))
policies = st.builds(lambda late, apart: Policy(deadlines={COURSE: DUE, "ex2": DUE + apart}, late=late), lates, hours)
classes = st.lists(hundredths, min_size=2, max_size=4).map(
    lambda scores: [record(f"f{n}", score, exercise=f"ex{n % 2 + 1}") for n, score in enumerate(scores)]
)


@given(classes, policies, hours)
def test_a_penalty_never_raises_a_score_and_never_makes_it_negative(records, policy, late):
    made = final(records, handed_in(late), policy, {})
    assert 0 <= made.score <= made.raw_score
    assert made.score == pytest.approx(made.raw_score - made.penalty)


@given(classes, policies)
def test_in_time_costs_nothing(records, policy):
    first = min(policy.deadlines.values())
    made = final(records, About(submitted=first), policy, {})
    assert (made.penalty, made.why, made.score) == (0.0, "", made.raw_score)


@given(classes, policies, hours, hours)
def test_later_is_never_better(records, policy, one, other):
    early, late = sorted((one, other))
    assert final(records, handed_in(late), policy, {}).score <= final(records, handed_in(early), policy, {}).score


@given(classes, policies, hours, st.integers(1, 9))
def test_an_extension_never_costs(records, policy, late, days):
    extended = Policy(deadlines=policy.deadlines, late=policy.late, extensions={"ada": {COURSE: days}})
    assert final(records, handed_in(late), extended, {}).score >= final(records, handed_in(late), policy, {}).score


# persons


def override(function, score, comment="", automatic=None, noted=False):
    return {function: Override("ada", function, score, comment, automatic, noted)}


def test_an_override_of_a_function_stands_for_its_checks_and_lateness_still_takes_its_part():
    policy = Policy(deadlines={COURSE: DUE}, late=Late(50))
    made = final(RECORDS, handed_in(DAY), policy, override("descend", 2.0, "right idea", 1.0, True))
    assert (made.raw_score, made.score, made.penalty) == (4.0, 2.5, 2.5)
    assert (made.overridden, made.comment, made.flags) == (["descend"], "descend: right idea", [])


def test_an_override_of_the_total_is_the_last_word():
    policy = Policy(deadlines={COURSE: DUE}, late=Late(50))
    made = final(RECORDS, handed_in(DAY), policy, override(TOTAL, 4.5, automatic=2.0, noted=True))
    assert (made.raw_score, made.automatic, made.score, made.penalty, made.flags) == (4.0, 2.0, 4.5, 0.0, [])


def test_an_override_gives_the_score_that_a_fault_of_the_grader_left_open(library):
    judged = Judged("ada", (record(score=None), record("descend", 1.0, 2.0)), "a fault", {"mean_square": "a fault"})
    ((before, _),) = settle([(judged, submission(About()))], library.course, Say(Policy(language="en")))
    assert (before.final.score, before.human) == (None, "a fault")
    say = Say(Policy(), {"ada": override("mean_square", 3.0, noted=True)})
    ((after, _),) = settle([(judged, submission(About()))], library.course, say)
    assert (after.final.score, after.human) == (4.0, "")


@pytest.mark.parametrize(
    ("function", "automatic", "words"),
    [
        ("mean_square", 2.0, "mean_square: the automatic score changed under the override: 2.00 then, 3.00 now"),
        ("mean_square", None, "mean_square: the automatic score changed under the override: none then, 3.00 now"),
        (TOTAL, 5.0, "total: the automatic score changed under the override: 5.00 then, 4.00 now"),
    ],
)
def test_an_automatic_score_that_changed_under_an_override_is_flagged(function, automatic, words):
    made = final(RECORDS, About(), Policy(), override(function, 2.5, automatic=automatic, noted=True))
    assert made.flags == [words]


def test_a_comment_without_a_score_changes_no_score_and_is_never_flagged():
    made = final(RECORDS, About(), Policy(), override(TOTAL, None, "see me", 9.0, True))
    assert (made.score, made.comment, made.overridden, made.flags) == (4.0, "see me", [], [])


PEOPLE = {
    "0042": About(name="王小明", email="wang@example.edu"),
    "bob": About(name="Bob B.", ids=("s7",)),
    "eve": About(name="Bob B."),
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
def test_a_student_is_found_by_whatever_names_one_alone(name, student):
    assert find_student(name, PEOPLE) == student


def test_extensions_follow_students_and_name_those_whom_the_class_lacks():
    policy, strangers = for_class(Policy(extensions={"s7": {COURSE: 2}, "zoe": {COURSE: 1}}), PEOPLE)
    assert (policy.extensions["bob"], strangers) == ({COURSE: 2}, ["zoe"])
