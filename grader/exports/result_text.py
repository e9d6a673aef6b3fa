"""Texts of exports: points, titles of checks, names of files. Invisible characters of a student become visible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import sha256

from grader.core.visible_text import visible
from grader.exports.export_data import StudentResult
from grader.grading.verdicts.record import CheckRecord

MAX_STEM = 80
"""Maximum length, in characters, of a student's id in the name of a file."""


def visible_lines(text: str) -> str:
    """Return a text with its line breaks, in which every other invisible character is made visible."""
    return "\n".join(visible(line) for line in text.split("\n"))


def format_points(score: float) -> str:
    """Return points as text with at most two decimals, such as 2, 1.5 or 0.33."""
    return f"{score:.2f}".rstrip("0").rstrip(".")


def points_line(score: float | None, maximum: float, tr: Callable[[str], str]) -> str:
    """Return a text such as "1.5 of 2 points", or "ungraded" if the score is None."""
    if score is None:
        return tr("ungraded")
    return tr("{score} of {maximum} points").format(score=format_points(score), maximum=format_points(maximum))


def reason_without_score(student: StudentResult, tr: Callable[[str], str]) -> str:
    """Return why a student has no score to export: the submission is missing, or functions are ungraded."""
    if student.final.missing:
        return tr("missing submission")
    functions = ", ".join(record.function for record in student.ungraded)
    return tr("ungraded: {functions}").format(functions=functions) if functions else tr("ungraded")


def total_lines(student: StudentResult, tr: Callable[[str], str]) -> list[str]:
    """Return lines for the student: the total, the late penalty, and the comments of the instructor."""
    if student.is_skipped:
        total = tr("No submission was found.")
    elif student.score is None:
        so_far = points_line(student.final.total_so_far, student.maximum, tr)
        words = tr(
            "No total yet: part of this submission is ungraded. So far: {points}. Your instructor will review "
            "the submission."
        )
        total = words.format(points=so_far)
    else:
        total = points_line(student.score, student.maximum, tr)
    return [total, *map(visible, student.remarks)]


def check_text(check: CheckRecord) -> str:
    """Return the call and the message of a failed check as lines, in which invisible characters are made visible."""
    return visible_lines("\n".join(filter(None, (check.call, check.message))))


def check_title(check: CheckRecord) -> str:
    """Return the claim of a check, or its name if it has no claim."""
    return visible(check.claim or check.name)


def file_stems(students: Sequence[str]) -> dict[str, str]:
    """Return for each student id a name of a file or folder.

    The names are valid on every operating system. The names also differ on a file system that ignores upper and lower
    case.
    """
    safe = {student: _safe_name(student) for student in students}
    counts = Counter(name.casefold() for name in safe.values())
    return {
        student: name
        if name == student and counts[name.casefold()] == 1
        else f"{name or 'student'}-{_short_hash(student)}"
        for student, name in safe.items()
    }


def _safe_name(student: str) -> str:
    return "".join(c if c.isalnum() or c in " ._-" else "_" for c in student)[:MAX_STEM].strip(" .")


def _short_hash(student: str) -> str:
    return sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:8]
