"""Explain a failed check in a few lines: where an observation differs, the returned value and the expected value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from grader.core.comparison import AT_MOST
from grader.core.language import translator
from grader.core.outcome_text import outcome_text
from grader.core.outcomes import Observed, Outcome, SourceLine
from grader.core.values import CHANGED_ARGUMENTS
from grader.core.visible_text import visible
from grader.grading.verdicts.relations.relation_kinds import Relation
from grader.grading.verdicts.relations.relation_text import relation_text

_ = str  # marks a text for extraction by Babel
ARGUMENT_CHANGES = (
    _("its shape changed"),
    _("its dtype changed"),
    _("its values changed"),
    _("requires_grad changed"),
    _("it is no leaf any more"),
)
"""English descriptions, made by `experiments.given`, of how a function changed its argument."""
MAX_SHOWN = 3
"""Maximum number of differences that are shown for one check; further differences usually repeat the first."""


class DifferenceTexts(Protocol):
    """The texts and numbers of one difference. `Difference`, and `ShownDifference` of the journal, have them."""

    @property
    def where(self) -> str:
        """The place where the values differ: an observation, with an index or a key, such as "gradient[2, 0]"."""

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
    """A check that is decided. `Verdict`, and `CheckEntry` of the journal, have these properties."""

    @property
    def outcome(self) -> Outcome:
        """The outcome of the experiment on the student's function."""

    @property
    def differences(self) -> Sequence[DifferenceTexts]:
        """The differences between the observations and the reference; empty if there are no observations."""

    @property
    def relations(self) -> Mapping[str, Relation]:
        """Name of a wrong observation -> how its value relates to the expected one."""


@dataclass(frozen=True)
class ExplainedLine:
    """One line of the explanation of a failed check.

    label: name of the observation that the line is about; "" if it is about none.
    relation: how the value relates to the expected one; "" if this is not known, or if the line above says it already.
    """

    label: str
    text: str
    relation: str = ""


def explained_lines(check: DecidedCheck, language: str = "en") -> list[ExplainedLine]:
    """Return one line for each difference, or the lines about an outcome without observations; empty if it passed."""
    if isinstance(check.outcome, Observed):
        return list(_described_differences(check, language))
    return [ExplainedLine("", line) for line in outcome_text(check.outcome, language).splitlines()]


def _described_differences(check: DecidedCheck, language: str) -> Iterator[ExplainedLine]:
    """Yield the line about each difference. A relation that the line above already says is left out."""
    above = ""
    for difference in check.differences[:MAX_SHOWN]:
        line, relation = describe_difference(difference, language), check.relations.get(difference.name)
        text = relation_text(relation, language) if relation else ""
        yield replace(line, relation=text) if text != above else line
        above = text


def explain_relations(check: DecidedCheck, language: str) -> str:
    """Return one line for each relation, with the observations that have it: "loss, x.grad: 4 times ..."."""
    names: dict[str, list[str]] = {}
    for difference in check.differences[:MAX_SHOWN]:
        if relation := check.relations.get(difference.name):
            names.setdefault(relation_text(relation, language), []).append(difference.name)
    return "\n".join(f"{', '.join(observations)}: {text}" for text, observations in names.items())


def explain(check: DecidedCheck, language: str = "en") -> str:
    """Return the lines of `explained_lines` as one text."""
    lines = []
    for line in explained_lines(check, language):
        lines.append(f"{line.label}: {line.text}" if line.label else line.text)
        lines += [line.relation] if line.relation else []
    return "\n".join(lines)


def describe_unreadable_file(file: str, line: SourceLine | None, language: str) -> str:
    """Return the sentence which says that Python cannot read a file, with the position of the error if it is known."""
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


def _describe_property(where: str, name: str, values: str, language: str) -> str:
    """Return the text about a property of a value that differs.

    where: the property and its place, such as "shape of loss", "keys of state.p" or "len(state.p)".
    name: name of the observation.
    values: text with the returned and the expected property.
    """
    tr = translator(language)
    kind, _, place = where.partition(" of ")
    texts = {
        "shape": (tr("shape: {values}"), tr("shape of {place}: {values}")),
        "dtype": (tr("dtype: {values}"), tr("dtype of {place}: {values}")),
        "keys": (tr("keys: {values}"), tr("keys of {place}: {values}")),
    }
    if kind not in texts:
        return f"{where}: {values}"
    whole, part = texts[kind]
    return (whole if place == name else part).format(place=place, values=values)


def describe_difference(difference: DifferenceTexts, language: str) -> ExplainedLine:
    """Return the line about one difference, such as "12 of 12 entries differ; at [0, 0] returned 0.5, expected 1"."""
    tr, name, where = translator(language), difference.name, difference.where
    if name == CHANGED_ARGUMENTS:
        what = difference.yours.strip("[]")
        for how in ARGUMENT_CHANGES:
            what = what.replace(how, translator(language)(how))
        return ExplainedLine("", tr("your function changed its argument: {what}").format(what=what))
    expected = difference.expected
    if expected.startswith(AT_MOST):  # `core.comparison` marks a limit with this prefix
        expected = tr("at most {limit}").format(limit=expected.removeprefix(AT_MOST))
    values = tr("returned {value}, expected {expected}").format(value=difference.yours, expected=expected)
    if where == f"len({name})":
        return ExplainedLine(name, tr("the length differs: {values}").format(values=values))
    if where == name:
        return ExplainedLine(name, values)
    place = where.removeprefix(name)
    if not place.startswith(("[", ".")) or not where.startswith(name):  # "shape of loss", "keys of s", "len(state.p)"
        return ExplainedLine(name, _describe_property(where, name, values, language))
    place = place.removeprefix(".")
    if difference.total == 1:
        return ExplainedLine(name, tr("at {place} {values}").format(place=place, values=values))
    words = tr("{count} of {total} entries differ; at {place} {values}")
    return ExplainedLine(name, words.format(count=difference.count, total=difference.total, place=place, values=values))
