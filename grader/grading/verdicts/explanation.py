"""Explain a failed check in a few lines: which observation differs, where, what was returned, what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class ExplainedLine:
    """A line about a failed check; `label` is the observation that the line is about, or ""."""

    label: str
    text: str


def explained_lines(decided: Decided, language: str = "en") -> list[ExplainedLine]:
    """Return what a student must know about a check that failed: one line for each difference; empty if it passed."""
    if isinstance(decided.outcome, Observed):
        return [describe_difference(difference, language) for difference in decided.differences[:MAX_SHOWN]]
    return [ExplainedLine("", line) for line in outcome_text(decided.outcome, language).splitlines()]


def explain(decided: Decided, language: str = "en") -> str:
    """Return the same as one text."""
    lines = explained_lines(decided, language)
    return "\n".join(f"{line.label}: {line.text}" if line.label else line.text for line in lines)


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


def describe_difference(difference: Shown, language: str) -> ExplainedLine:
    """Return the line about one difference, such as "12 of 12 entries differ; at [0, 0] returned 0.5, expected 1"."""
    tr, name, where = translator(language), difference.name, difference.where
    if name == CHANGED_ARGUMENTS:
        what = difference.yours.strip("[]")
        return ExplainedLine("", tr("your function changed its argument: {what}").format(what=what))
    values = tr("returned {value}, expected {expected}").format(value=difference.yours, expected=difference.expected)
    if where == name:
        return ExplainedLine(name, values)
    if not where.startswith(name):  # "shape of loss", "len(losses)", "keys of state"
        return ExplainedLine(name, f"{where.removesuffix(f' of {name}')}: {values}")
    place = where.removeprefix(name).removeprefix(".")
    if difference.total == 1:
        return ExplainedLine(name, tr("at {place} {values}").format(place=place, values=values))
    words = tr("{count} of {total} entries differ; at {place} {values}")
    return ExplainedLine(name, words.format(count=difference.count, total=difference.total, place=place, values=values))
