"""Words and numbers as the targets write them: text of strangers shows every character, and no cell is a formula."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from grader.core.text import visible
from grader.judge.record import CheckRecord, FunctionRecord

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that starts with one of these is a formula to a spreadsheet, in East Asia also with the wide ones."""
MAX_STEM = 80
"""Characters of a file name that come from a student's id."""


def shown(text: str) -> str:
    """Text of several lines, every character of which can be seen."""
    return "\n".join(visible(line) for line in text.split("\n"))


def defused(text: str) -> str:
    """A cell on one line that no spreadsheet takes for a formula, with nothing hidden in it."""
    cell = visible(" ".join(text.split()))
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def points(score: float) -> str:
    """Points as a person writes them: 2, 1.5, 0.33."""
    return f"{score:.2f}".rstrip("0").rstrip(".")


def verdict(record: FunctionRecord, tr: Callable[[str], str]) -> str:
    """The points of one function, in words."""
    if record.score is None:
        return tr("not judged")
    return tr("{score} of {maximum} points").format(score=points(record.score), maximum=points(record.max_score))


def total(score: float | None, maximum: float, tr: Callable[[str], str]) -> str:
    """The points of one student, in words."""
    if score is None:
        return tr("No total yet: the grader failed on a part of it. Your instructor will look at it.")
    return tr("{score} of {maximum} points").format(score=points(score), maximum=points(maximum))


def claim(check: CheckRecord) -> str:
    """What a check is about: its claim, else its name."""
    return visible(check.claim or check.name)


def stem(student: str) -> str:
    """The name of a file for a student: safe on every system, and never that of another student."""
    kept = "".join(c if c.isalnum() or c in " ._-" else "_" for c in student)[:MAX_STEM].strip(" .")
    if kept == student and kept.casefold() == kept:
        return kept
    return f"{kept or 'student'}-{sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
