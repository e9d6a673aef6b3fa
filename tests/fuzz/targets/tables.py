"""Targets: rosters, worksheets and gradebooks of an LMS, grader.toml, overrides.csv."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path

from grader.core.errors import GraderError, UsageError
from grader.core.language import translator
from grader.course.discovery import read_course
from grader.course.exercise import Course
from grader.exports.export_data import ClassResults, ExportOptions
from grader.exports.results_loader import student_result
from grader.exports.targets import canvas, moodle
from grader.grading.policy.final_score import TOTAL
from grader.grading.policy.lateness import find_missed_deadlines
from grader.grading.policy.overrides import FILE, read_override_table, read_overrides, write_override_table
from grader.grading.policy.policy import Policy, policy_to_json
from grader.grading.policy.policy_description import describe_policy
from grader.grading.policy.policy_example import example
from grader.grading.policy.policy_file import read_policy
from grader.submissions.roster_matching import match_roster
from grader.submissions.rosters import read_roster
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import Submission, SubmissionMetadata
from tests import downloads
from tests.fuzz.target import Target
from tests.fuzz.targets.archives import STUDENTS
from tests.fuzz.targets.results import KEYS, PEOPLE, final_results, results_folder
from tests.fuzz.targets.scratch import scratch_folder
from tests.tools import COURSE

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "gbk", "utf-16")
TABLE_WORDS = (
    b'"',
    b'""',
    b",",
    b";",
    b"\t",
    "，".encode(),
    b"\r\n",
    b"\r",
    b"sep=;\n",
    b"@",
    b"@.",
    b"Participant 12",
)
ROSTER_WORDS = (
    *TABLE_WORDS,
    "学号".encode(),
    b"email",
    b"id",
    b"role",
    b"name",
    b"12.0",
    b'="007"',
    b"a" + b" " * 999,
    "\u0301\u0327".encode() * 500,
)
TOML_WORDS = (
    *(
        b"[late]\n",
        b"[deadlines]\n",
        b"[extensions]\n",
        b"[points]\n",
        b"course = ",
        b"ada = ",
        b'"""',
        b"'",
        b"= [[",
        b"{a=",
    ),
    *(
        b"0001-01-01T00:00:00+23:59",
        b"9999-12-31T23:59:59-23:59",
        b"1e400",
        b"inf",
        b"nan",
        b"0x" + b"f" * 4000,
        b"a." * 500,
    ),
    *(
        b"time_zone = 'Asia/Shanghai'\n",
        b"2026-03-29T02:30:00",
        b"time_zone = '../x'\n",
        b"percent_per_day = ",
        b"07:32:00",
    ),
    *(b"language = [2026-01-01]\n", b"exercises = [{a = 1979-05-27}]\n", b"0001-01-01"),
)


SUBMITTED = SubmissionMetadata(submitted=datetime(2026, 12, 24, tzinfo=UTC))


def _file(name: str, data: bytes) -> Path:
    path = scratch_folder() / name
    path.write_bytes(data)
    return path


def read_class_roster(data: bytes) -> None:
    """Read a roster, match it with a class, and look up students of it."""
    path = _file("roster.csv", data)
    students = read_roster(path)
    metadata = (SubmissionMetadata(name=one.name, email=one.email) for one in students)
    people = dict(zip((one.id for one in students), metadata, strict=True))
    index = StudentIndex(PEOPLE | people)
    for name in [*people][:5]:
        with suppress(UsageError):
            index.require(name, by_beginning=True)
    submissions = [Submission(student, path, (), metadata=about) for student, about in PEOPLE.items()]
    match_roster(submissions, students, path)


@cache
def class_results() -> ClassResults:
    """Return the results of PEOPLE in the form that exports get."""
    students = tuple(student_result(result, Policy()) for result in final_results())
    return ClassResults(students, tuple(KEYS), {"handed_in": {"layout": "moodle"}})


def fill_in(export: Callable[[ClassResults, ExportOptions], object], title: str, data: bytes) -> None:
    """Fill the scores of PEOPLE into a worksheet or gradebook of an LMS."""
    path = _file("template.csv", data)
    export(class_results(), ExportOptions(scratch_folder() / "up.csv", path, title, collected={}))


@cache
def course() -> Course:
    """Return the miniature course."""
    return read_course(COURSE)


def read_policy_file(data: bytes) -> None:
    """Read a policy, describe it in sentences, and apply its deadlines."""
    policy = read_policy(_file("grader.toml", data), course(), translator("zh"))
    list(describe_policy(policy, course(), translator("en")))
    for student in ("ada", "bob@example.edu", "cy"):
        find_missed_deadlines(student, SUBMITTED, [exercise.name for exercise in course().exercises], policy)
    policy_to_json(policy)


def read_override_file(data: bytes) -> None:
    """Read overrides.csv, apply its overrides, and write it again."""
    folder = scratch_folder()
    _file(FILE, data)
    table = read_override_table(folder)
    maxima = {TOTAL: 4.0} | dict.fromkeys(KEYS, 2.0)
    read_overrides(table, PEOPLE, maxima, translator("en"))
    table.keys(StudentIndex(PEOPLE))
    write_override_table(folder, table)


def rosters() -> list[bytes]:
    """Return the roster of each LMS, in several encodings."""
    texts = [
        *(
            downloads.canvas_gradebook(STUDENTS),
            downloads.gradescope_roster(STUDENTS),
            downloads.classroom_roster(STUDENTS),
        ),
        *(downloads.moodle_worksheet(STUDENTS, language) for language in downloads.MOODLE_HEADINGS),
        'sep=;\n学号;姓名;邮箱\n"007";"Bond, James";j@x.edu\n',
    ]
    return [text.encode(ENCODINGS[n % len(ENCODINGS)], "replace") for n, text in enumerate(texts)] + [texts[0].encode()]


def worksheets() -> list[bytes]:
    """Return Moodle's worksheets for PEOPLE, in three languages."""
    return [downloads.moodle_worksheet(_people(), language).encode("utf-8-sig") for language in ("en", "zh", "de")]


def gradebooks() -> list[bytes]:
    """Return Canvas's gradebooks for PEOPLE, with commas and with semicolons."""
    text = downloads.canvas_gradebook(_people())
    return [text.encode("utf-8-sig"), text.replace(",", ";").encode()]


def _people() -> Sequence[downloads.Student]:
    return [
        downloads.Student(str(100 + n), metadata.name, {"a.py": ""}, metadata.email, student)
        for n, (student, metadata) in enumerate(PEOPLE.items())
    ]


def policies() -> list[bytes]:
    """Return a short policy, and the example of a policy that the grader writes, with and without comment marks."""
    written = example(course(), date(2026, 12, 1), str)
    lines = [line.removeprefix("# ") if " = " in line else line for line in written.splitlines()]
    short = 'time_zone = "Europe/Berlin"\nexercises = ["ex1_small"]\n[deadlines]\ncourse = 2026-12-01\n'
    short += "[extensions]\nada = 3\n"
    return ["\n".join(lines).encode(), short.encode(), written.encode()]


TARGETS = (
    Target("roster", read_class_roster, rosters, (UsageError,), ROSTER_WORDS),
    Target("moodle_worksheet", partial(fill_in, moodle.export, ""), worksheets, (UsageError,), TABLE_WORDS),
    Target("canvas_gradebook", partial(fill_in, canvas.export, "Lab 2 losses"), gradebooks, (UsageError,), TABLE_WORDS),
    Target("policy", read_policy_file, policies, (GraderError,), TOML_WORDS),
    Target(
        "overrides",
        read_override_file,
        lambda: [(results_folder() / FILE).read_bytes()],
        (UsageError,),
        (*TABLE_WORDS, b"total", b"yes", "是".encode(), b"none", b"1e400", b"nan", b"-0", b"h0123456789abcdef"),
    ),
)
