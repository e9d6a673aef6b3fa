"""Explain the outcome of a check in one to three lines: where values differ, the student's value, the expected one."""

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
"""Differences shown of one check; further ones usually repeat the first."""


class DifferenceTexts(Protocol):
    """What a sentence about one difference needs: a `Difference`, or a `ShownDifference` of the journal."""

    @property
    def where(self) -> str:
        """The observation, and the index or key in it, where values differ."""

    @property
    def yours(self) -> str:
        """The value that the student's function returned, as text."""

    @property
    def expected(self) -> str:
        """The value that the solution returned, as text."""

    @property
    def count(self) -> int:
        """The number of entries of a tensor that differ."""

    @property
    def total(self) -> int:
        """The number of entries that the tensor has."""

    @property
    def name(self) -> str:
        """The name of the observation that differs."""


class DecidedCheck(Protocol):
    """A check with its outcome compared: a `Verdict`, or a `CheckEntry` of the journal."""

    @property
    def outcome(self) -> Outcome:
        """The outcome of the experiment on the student's function."""

    @property
    def differences(self) -> Sequence[DifferenceTexts]:
        """The differences of the observation from the reference; empty for other outcomes."""


def explain(check: DecidedCheck, language: str = "en") -> str:
    """Return what a student needs to know about a check that did not pass; an empty text if it passed."""
    if isinstance(check.outcome, Observed):
        return "\n".join(describe_difference(d, language) for d in check.differences[:MAX_SHOWN])
    return outcome_text(check.outcome, language)


def describe_unreadable_file(file: str, line: SourceLine | None, language: str) -> str:
    """Return a sentence about a file that Python cannot read, with the position of the error if it is known."""
    tr, position = translator(language), ""
    if line is not None:
        position = _describe_position(line, language)
    text = tr("✘ Python cannot read {file} yet: {place}").format(file=visible(Path(file).name), place=position)
    return text.removesuffix(": ")


def _describe_position(line: SourceLine, language: str) -> str:
    tr, numbers = translator(language), {"line": line.number, "column": line.column, "cell": line.cell}
    if line.cell is not None:
        return tr("cell {cell}, line {line}, column {column}").format(**numbers)
    return tr("line {line}, column {column}").format(**numbers)


def describe_difference(
    difference: DifferenceTexts, language: str, text: type[str] = str, yours: str = "", expected: str = ""
) -> str:
    """Return one difference as a sentence.

    With `text` = markupsafe's Markup, all values are escaped; `yours` and `expected` may then be marked-up values.
    """
    tr = translator(language)
    if difference.name == CHANGED_ARGUMENTS:
        return text(tr("your function changed its argument — {what}")).format(what=difference.yours.strip("[]"))
    sentence = text(tr("{where}: yours {yours}, expected {expected}")).format(
        where=difference.where, yours=yours or difference.yours, expected=expected or difference.expected
    )
    if difference.total > 1:
        entry_count = text(tr(" ({count} of {total} entries differ)"))
        sentence += entry_count.format(count=difference.count, total=difference.total)
    return sentence
