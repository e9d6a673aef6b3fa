"""The example that `grader policy --new` writes: every key with an explanation, each line commented out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from grader.course.exercise import Course
from grader.grading.policy.policy import Policy

Section = tuple[str, list[tuple[str, str]]]
"""The name of a table in grader.toml, and its lines as pairs: the line itself and its explanation."""


def example(course: Course, today: date, tr: Callable[[str], str]) -> str:
    """Return a grader.toml for this course in which every line is a comment, so that it changes nothing."""
    head = tr("The policy of this course. Remove the # before a line to put it in force; `grader policy` checks it.")
    lines = [f"# {head}"]
    for section, keys in _sections(course, today, tr):
        lines += ["", *([f"[{section}]"] if section else [])]
        width = max(len(key) for key, _ in keys)
        lines += [f"# {key:{width}}  # {explanation}" for key, explanation in keys]
    return "\n".join(lines) + "\n"


def _sections(course: Course, today: date, tr: Callable[[str], str]) -> list[Section]:
    """Return the tables of the example, with names and values that fit this course."""
    exercise = course.exercises[0]
    function = next(iter(course.exercises[-1].points))
    other = next(iter(exercise.points)) if course.exercises[1:] else function
    due = today + timedelta(days=28)
    default = Policy()
    return [
        (
            "",
            [
                (
                    'language = "zh"',
                    tr("language of reports: en, zh or one of the course; --lang overrides it"),
                ),
                (f'exercises = ["{exercise.name}"]', tr("exercises or functions to grade; --only overrides it")),
                (
                    f'attempts = "{default.attempts}"',
                    tr('which attempt counts: "latest" or "best" (after the penalty)'),
                ),
                (
                    f'hidden = "{default.hidden}"',
                    tr('what students see of hidden checks: "nothing", "claims", "hints" or "full"'),
                ),
                (
                    'time_zone = "Asia/Shanghai"',
                    tr("time zone of the times below, and of times in a roster, if they name none"),
                ),
            ],
        ),
        (
            "points",
            [(f"{other} = 5", tr("points of a function, or of an exercise: then divided among its functions"))],
        ),
        (
            "deadlines",
            [
                (f"course = {due}T23:59:00", tr("for all exercises")),
                (
                    f"{exercise.name} = {due - timedelta(days=14)}",
                    tr("for one exercise; a date without a time means the end of that day"),
                ),
            ],
        ),
        (
            "extensions",
            [
                ("ada = 3", tr("additional days for the student with this id")),
                (
                    f'"bob@example.edu" = {due + timedelta(days=7)}T12:00:00',
                    tr("new deadline for the student with this email address"),
                ),
                (f"cy.{exercise.name} = 2", tr("additional days for one exercise")),
            ],
        ),
        (
            "late",
            [
                ("percent_per_day = 10", tr("for every day begun")),
                ("maximum_percent = 50", tr("maximum penalty in percent")),
                ("grace_minutes = 10", tr("grace period in minutes")),
                ("bank_days = 2", tr("late days without a penalty")),
                (f'percent_of = "{default.late.percent_of}"', tr('"score" or "maximum"')),
                ("marked_days = 1", tr("late days of a submission that is marked as late without a time")),
            ],
        ),
        (
            "ungraded",
            [(f'export = "{default.ungraded.export}"', tr('exports leave ungraded functions as they are; "zero": 0'))],
        ),
        (
            "missing",
            [(f'export = "{default.missing.export}"', tr('exports leave missing submissions as they are; "zero": 0'))],
        ),
        (
            "files",
            [(f'encoding = "{default.files.encoding}"', tr('"strict": only files that Python itself can read'))],
        ),
        (
            "keep",
            [
                ("submissions_days = 365", tr("days until `grader forget --expired` removes submissions")),
                ("names_days = 365", tr("days until it removes students from the results")),
            ],
        ),
    ]
