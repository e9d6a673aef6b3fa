"""grader.toml: every fault is reported with its line, and the policy is described in sentences."""

import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import msgspec
import pytest

from grader.course.discovery import read_course
from grader.grading.policy.policy import (
    COURSE,
    Attempts,
    HiddenChecks,
    LatePolicy,
    PenaltyBase,
    Policy,
    Retention,
    policy_from_run,
    policy_to_json,
)
from grader.grading.policy.policy_description import describe_policy
from grader.grading.policy.policy_example import example
from grader.grading.policy.policy_file import MAX_PROBLEMS, PolicyError, find_policy_file, read_policy
from grader.grading.policy.policy_keys import KEYS
from grader.grading.policy.toml_lines import line_of
from tests.fuzz.target import limited_cpu
from tests.tools import ROOT


@pytest.fixture
def read(tmp_path, library):
    """Read a policy from a text."""

    def read(text):
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "grader.toml").write_bytes(data)
        return read_policy(tmp_path / "grader.toml", library.course)

    return read


@pytest.fixture
def faults(read):
    """Return line and message of all that is wrong with a text."""

    def faults(text):
        with pytest.raises(PolicyError) as found:
            read(text)
        parts = [fault.partition("grader.toml:")[2].partition(": ") for fault in found.value.errors]
        return [(int(line), words) for line, _, words in parts]

    return faults


def test_without_a_file_the_defaults_hold(library, tmp_path):
    assert read_policy(None, library.course) == Policy()
    assert find_policy_file(None, tmp_path) is None


def test_every_key_is_read(read):
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
    assert (policy.hidden, policy.points) == (HiddenChecks.CLAIMS, {"mean_square": 6, "descend": 4})
    assert policy.deadlines[COURSE].astimezone(UTC) == datetime(2026, 12, 1, 15, 59, tzinfo=UTC)
    assert policy.due("cy", "ex1_small") == datetime(2026, 12, 8, 15, 59, 59, tzinfo=UTC)
    assert policy.due("ada", "ex1_small") == datetime(2026, 12, 11, 15, 59, 59, tzinfo=UTC)
    assert policy.due("bob", "ex1_small") == datetime(2026, 12, 20, 11, 0, tzinfo=UTC)
    assert policy.late == LatePolicy(12.5, 50, 10, 2, PenaltyBase.MAXIMUM, 1)
    assert policy.keep == Retention(180, 365)


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
    9: "points.mean_square = 0: expected a number above 0 with at most two decimals",
    10: "points.ex1_small = 0.001: expected a number above 0 with at most two decimals",
    11: "points.descend = true: expected a number above 0 with at most two decimals",
    14: "late.grace_minutes = NaN: expected minutes, from 0 to 10080",
    15: "late.percent_per_day = 101: expected a number from 0 to 100",
    16: 'late.percent_of = "all": expected one of "score", "maximum"',
    17: "late.bank_days = 1.5: expected whole days, from 0",
    20: 'deadlines.course = "2026-01-01": expected a date and time without quotes, such as 2026-12-01T23:59:00',
    21: "deadlines.ex1_smal: unknown. Did you mean ex1_small?",
    25: "extensions.ada = 0: expected whole days from 1, or a date and time",
    26: "extensions.bob = 2025-01-01: expected a moment after the deadline (2026-01-02 10:00 UTC)",
    28: "extensions.d e.descend: unknown. Known: course, ex1_small",
    31: "keep.names_days = -1: expected whole days, from 0",
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_all_faults_are_reported_together_each_with_its_line(faults, end):
    assert faults(WRONG.replace("\n", end)) == list(SAID.items())


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\n[late\n", 2, "invalid TOML"),
        ("points = 3\n", 1, "a table under its own heading"),
        ('language = "zh"\nlanguage = "en"\n', 2, "invalid TOML"),
        ("[deadlines]\ncourse = 2026-12-01T10:00:00\n", 2, "the time zone is missing"),
        ('[points]\ntime_zone = "UTC"\n', 2, "Did you mean time_zone?"),
        ("[points]\nex1_small = 5\ndescend = 2\n", 2, "Keep only one of them"),
        ("[points]\nex1_small = 0.01\n", 2, "at least 0.01 for each function"),
        ("exercises = []\n", 1, "at least one name"),
        ("[extensions]\nada = 3\n", 2, "there is no deadline to extend"),
        ('time_zone = "Europe/Berlin"\n[deadlines]\ncourse = 2026-03-29T02:30:00\n', 3, "the clocks skip this time"),
        ("# \u738b\n".encode("gbk"), 1, "save it as UTF-8"),
        ('x."a\\u202eb" = 1\n', 1, "x: unknown"),
    ],
)
def test_a_single_fault_is_reported_with_its_line(faults, text, line, words):
    ((where, said),) = faults(text)
    assert where == line
    assert words in said
    assert said.isprintable()


def test_a_deadline_that_the_clocks_show_twice_is_the_later_one(read):
    policy = read('time_zone = "Europe/Berlin"\ndeadlines.course = 2026-10-25T02:30:00\n')
    assert policy.due("ada", "ex1_small") == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_byte_order_mark_is_accepted(read):
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


# description, example, documentation


def test_the_example_changes_nothing_until_its_comment_marks_are_removed(library, read):
    text = example(library.course, date(2026, 11, 26), str)
    assert read(text) == Policy()
    policy = read(re.sub(r"(?m)^# (.*=)", r"\1", text))
    assert (policy.language, policy.points, policy.late.bank_days) == ("zh", {"mean_square": 5}, 2)
    assert policy.due("ada", "ex1_small") == datetime(2026, 12, 13, 15, 59, 59, tzinfo=UTC)
    assert all(re.search(rf"(?m)^\[?(# )?{key}\b", text) for keys in KEYS.values() for key in keys)


def test_the_page_explains_every_key_and_its_example_is_right():
    page = (ROOT / "docs/reference/policy.md").read_text("utf-8")
    assert not [key for keys in KEYS.values() for key in keys if not re.search(rf"(?m)^\[?{key}\b", page)]
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    data = tomllib.loads(text)
    assert {(home, key) for home in KEYS for key in KEYS[home]} == {
        *(("", key) for key in data),
        *((home, key) for home in ("late", "ungraded", "missing", "files", "keep") for key in data[home]),
    }


def test_the_example_of_the_page_is_a_policy_in_this_course(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/reference/policy.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "grader.toml").write_text(text, "utf-8")
    policy = read_policy(tmp_path / "grader.toml", read_course(ROOT))
    assert policy.due("s2026003", "ex1_losses") - policy.due("s2026004", "ex1_losses") == timedelta(days=7)
    assert policy.points["compute_mse_loss"] == Fraction(5, 2)


def said(policy, library):
    return dict(describe_policy(policy, library.course, str))


def test_a_policy_is_described_in_words(library, read):
    words = said(read('time_zone = "Asia/Shanghai"\npoints.ex1_small = 10\ndeadlines.course = 2026-12-01\n'), library)
    assert words["points of ex1_small"] == "10 (mean_square 6, descend 4)"
    assert words["deadline"] == "2026-12-01 23:59 Asia/Shanghai (+0800)"
    assert "without a penalty" in words["lateness"]
    assert "no values" in words["hidden checks"]
    words = said(
        read("late = {percent_per_day = 12.5, marked_days = 1, bank_days = 2}\nkeep.names_days = 90\n"), library
    )
    assert "12.5 % of the score for every day begun; at most 100 %" in words["lateness"]
    assert "results with names for 90 days" in words["retention"]


def test_a_policy_is_read_back_from_run_json_unchanged(read):
    policy = read(
        'time_zone = "Asia/Shanghai"\nattempts = "best"\npoints.descend = 0.1\nlate.percent_per_day = 12.5\n'
        "deadlines.course = 2026-12-01\nextensions.ada = 3\nextensions.bob.ex1_small = 2026-12-24T12:00:00\n"
    )
    run = msgspec.json.decode(msgspec.json.encode({"policy": policy_to_json(policy)}))
    back = policy_from_run(run)
    assert back.due("bob", "ex1_small") == policy.due("bob", "ex1_small")
    assert (back.points, back.attempts, back.late) == (policy.points, policy.attempts, policy.late)
    assert (
        policy_from_run({}) == policy_from_run({"policy": None}) == policy_from_run({"policy": {"late": 3}}) == Policy()
    )


DEEP, DIGITS = "[" * 5000, "9" * 5000


@pytest.mark.parametrize(
    "text", [f"a = {DEEP}", f"a = {DIGITS}", "# " + "x" * (300 << 10)], ids=["deep", "digits", "large"]
)
def test_a_file_that_python_cannot_read_is_invalid_toml(read, text):
    with pytest.raises(PolicyError, match="invalid TOML"):
        read(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("language = [2026-01-01]", 'language = ["2026-01-01"]: expected one of "en", "zh"'),
        (f"exercises = [0x{'f' * 4000}]", "exercises = …: expected a list of at least one name in quotes"),
        (f"language = '{'x' * 9000}'", f'language = "{"x" * 199}…: expected one of "en", "zh"'),
    ],
    ids=["date", "digits", "long"],
)
def test_a_wrong_value_of_any_kind_is_quoted_briefly(faults, text, words):
    assert faults(text) == [(1, words)]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01"])
def test_a_deadline_that_leaves_the_calendar_in_another_time_zone_is_refused(faults, time):
    words = [words for _, words in faults(f'time_zone = "Asia/Tokyo"\n[deadlines]\ncourse = {time}\n')]
    assert len(words) == 1 and words[0].endswith("expected a year from 1970 to 2199")


def test_of_many_problems_the_first_are_reported_and_the_others_counted(read):
    with limited_cpu(), pytest.raises(PolicyError) as found:
        read("".join(f"a{number} = 1\n" for number in range(5000)))
    assert len(found.value.errors) == MAX_PROBLEMS + 1
    assert found.value.errors[-1].endswith(f"further problems: {5000 - MAX_PROBLEMS}")


@pytest.mark.parametrize("text", ["x = 1\na{} = 1", "x = 1\n[a{}]"])
def test_a_key_of_many_parts_takes_no_quadratic_time(faults, text):
    with limited_cpu():
        assert faults(text.format(".a" * 30_000)) == [(2, "invalid TOML (more than 100 dots in one line)")]


def test_a_long_statement_takes_no_quadratic_time(read):
    with limited_cpu(), pytest.raises(PolicyError):
        read("exercises = [" + "\n" * 100_000 + "1]\n")
