"""Who handed in, and how it was read, in a few lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.submissions.people import called
from grader.submissions.submission import About

MOST = 8
"""Students that a line names; all of them stand in run.json."""


def how_lines(handed_in: Mapping[str, Any], language: str) -> Iterator[str]:
    """How a download was read: the layout and why it is that one, and what is odd about it."""
    tr = translator(language)
    words = tr("layout: {layout} ({why})")
    yield visible(words.format(layout=handed_in["layout"], why=handed_in["why"]))
    yield from map(visible, handed_in["notes"])


def who_lines(found: Mapping[str, Any], people: Mapping[str, About], language: str) -> Iterator[str]:
    """Who handed in nothing, is not on the roster, handed in under several names, or several times."""
    tr = translator(language)
    lines = (
        (tr("handed in nothing ({count}): {students}"), [called(s, people) for s in found["nothing"]]),
        (tr("not on the roster ({count}): {students}"), [called(s, people) for s in found["unknown"]]),
        (
            tr("handed in under several names ({count}): {students}"),
            [f"{called(several[0], people)} = {', '.join(several[1:])}" for several in found["twice"]],
        ),
        (
            tr("several attempts ({count}): {students}"),
            [f"{called(s, people)} × {number}" for s, number in found["attempts"].items()],
        ),
    )
    for words, students in lines:
        if students:
            yield visible(words.format(count=len(students), students=_some(students)))


def _some(students: Sequence[str]) -> str:
    return ", ".join(students[:MOST]) + (", …" if len(students) > MOST else "")
