"""Say in one or two lines what became of a check: yours, expected, where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from grader.core.language import translator
from grader.core.outcome_text import outcome_text
from grader.core.outcomes import Observed, Outcome, SourceLine
from grader.core.values import CHANGED_ARGUMENTS
from grader.core.visible_text import visible

MAX_SHOWN = 3
"""Differences shown of one check: the first few name the trouble, the rest repeat it."""


class Shown(Protocol):
    """What a sentence about a difference is made of."""

    @property
    def where(self) -> str:
        """Where the values differ."""

    @property
    def yours(self) -> str:
        """The value that was given."""

    @property
    def expected(self) -> str:
        """The value of the solution."""

    @property
    def count(self) -> int:
        """How many entries differ."""

    @property
    def total(self) -> int:
        """How many entries there are."""

    @property
    def name(self) -> str:
        """The observation."""


class Decided(Protocol):
    """A check that was decided: a verdict, or what the journal keeps of one."""

    @property
    def outcome(self) -> Outcome:
        """What became of the experiment."""

    @property
    def differences(self) -> Sequence[Shown]:
        """How an observation differs from the solution's."""


def explain(decided: Decided, language: str = "en") -> str:
    """What a student needs to know about a check that did not pass; empty when it passed."""
    if isinstance(decided.outcome, Observed):
        return "\n".join(difference_words(d, language) for d in decided.differences[:MAX_SHOWN])
    return outcome_text(decided.outcome, language)


def unreadable(file: str, line: SourceLine | None, language: str) -> str:
    """That Python cannot read a file, and where it stumbles."""
    tr, place = translator(language), ""
    if line is not None:
        place = _place(line, language)
    text = tr("✘ Python cannot read {file} yet: {place}").format(file=visible(Path(file).name), place=place)
    return text.removesuffix(": ")


def _place(line: SourceLine, language: str) -> str:
    tr, numbers = translator(language), {"line": line.number, "column": line.column, "cell": line.cell}
    if line.cell is not None:
        return tr("cell {cell}, line {line}, column {column}").format(**numbers)
    return tr("line {line}, column {column}").format(**numbers)


def difference_words(
    difference: Shown, language: str, text: type[str] = str, yours: str = "", expected: str = ""
) -> str:
    """One difference as a sentence.

    With `text` = markupsafe's Markup all that is filled in is escaped, and the two values may be given with marks.
    """
    tr = translator(language)
    if difference.name == CHANGED_ARGUMENTS:
        return text(tr("your function changed its argument — {what}")).format(what=difference.yours.strip("[]"))
    sentence = text(tr("{where}: yours {yours}, expected {expected}")).format(
        where=difference.where, yours=yours or difference.yours, expected=expected or difference.expected
    )
    if difference.total > 1:
        more = text(tr(" ({count} of {total} entries differ)"))
        sentence += more.format(count=difference.count, total=difference.total)
    return sentence
