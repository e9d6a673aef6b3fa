"""Marks of a student in the table of the class page: needs review, late, score set by a person, fixed.

To add a mark, add its name at the end of MARKS, its rule to `student_marks`, and its word to `mark_words`; no other
code names the marks. In the data of the page, the bit of a mark is its position in MARKS, so the order must not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from grader.grading.results.final_result import FinalResult

MARKS = ("needs_review", "late", "override", "fixed")


def student_marks(result: FinalResult) -> frozenset[str]:
    """Return the marks of one student."""
    final = result.final
    rules = {
        "needs_review": bool(result.review_reason) or (final.score is None and not final.missing),
        "late": final.late,
        "override": bool(final.scores),
        "fixed": final.fix is not None,
    }
    return frozenset(mark for mark, holds in rules.items() if holds)


def mark_words(tr: Callable[[str], str]) -> dict[str, str]:
    """Return the word for each mark, in the order of MARKS."""
    return {
        "needs_review": tr("needs review"),
        "late": tr("late"),
        "override": tr("set by a person"),
        "fixed": tr("fixed"),
    }


def mark_bits(marks: Iterable[str]) -> int:
    """Return marks as one number: bit n is set if MARKS[n] is among them."""
    return sum(1 << MARKS.index(mark) for mark in marks)
