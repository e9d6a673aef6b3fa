"""Words and numbers as the targets write them: text of strangers shows every character, and no cell is a formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import sha256

from grader.core.visible_text import visible
from grader.exports.export_data import StudentResult
from grader.grading.verdicts.record import CheckRecord

MAX_STEM = 80
"""Characters of a file name that come from a student's id."""


def shown(text: str) -> str:
    """Text of several lines, every character of which can be seen."""
    return "\n".join(visible(line) for line in text.split("\n"))


def points(score: float) -> str:
    """Points as a person writes them: 2, 1.5, 0.33."""
    return f"{score:.2f}".rstrip("0").rstrip(".")


def verdict(score: float | None, maximum: float, tr: Callable[[str], str]) -> str:
    """The points of one function, in words."""
    if score is None:
        return tr("not judged")
    return tr("{score} of {maximum} points").format(score=points(score), maximum=points(maximum))


def total(student: StudentResult, tr: Callable[[str], str]) -> list[str]:
    """The points of one student, what lateness cost, and what a person wrote."""
    if student.score is None:
        first = tr("No total yet: the grader failed on a part of it. Your instructor will look at it.")
    else:
        first = verdict(student.score, student.maximum, tr)
    return [first, *map(visible, student.remarks)]


def claim(check: CheckRecord) -> str:
    """What a check is about: its claim, else its name."""
    return visible(check.claim or check.name)


def stems(students: Sequence[str]) -> dict[str, str]:
    """A name for a file of each student: safe on every system, and no two alike, not even where case is ignored."""
    kept = {student: _plain(student) for student in students}
    often = Counter(name.casefold() for name in kept.values())
    return {
        student: name if name == student and often[name.casefold()] == 1 else f"{name or 'student'}-{_mark(student)}"
        for student, name in kept.items()
    }


def _plain(student: str) -> str:
    return "".join(c if c.isalnum() or c in " ._-" else "_" for c in student)[:MAX_STEM].strip(" .")


def _mark(student: str) -> str:
    return sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:8]
