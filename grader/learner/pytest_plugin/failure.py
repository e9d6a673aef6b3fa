"""Text of a failed check in pytest's report: the call, the differences, hints, and the command that repeats the check.

If several checks of a function share a hint, only the first check shows it. If several checks share a cause, the later
checks only name the first check.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pytest
from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter

from grader.core.language import translator
from grader.learner.pytest_plugin.preconditions import language

if TYPE_CHECKING:
    from grader.grading.verdicts.verdict import Verdict
    from grader.rendering.failure_layout import Line

COLORS = {"code": "cyan", "found": "red", "hint": "yellow"}
"""Color of each kind of line. Kinds that are missing here have no color."""


@dataclass
class Shown:
    """Causes and hints that were shown, each with the name of the first check that showed it."""

    causes: dict[tuple[str, object], str] = field(default_factory=dict)
    hints: dict[tuple[str, str], str] = field(default_factory=dict)


SHOWN: pytest.StashKey[Shown] = pytest.StashKey()


class FailedExercise(Protocol):
    """The methods of `items.ExperimentFile` that this module uses; an import of `items` would be circular."""

    hidden: bool

    def unreadable(self, function: str, lang: str) -> str:
        """Return the message about a syntax error in the learner's file; empty if there is none."""

    def location(self, function: str) -> str:
        """Return FILE:LINE of the learner's function; empty if it is not known."""

    def passed_checks(self, function: str) -> tuple[int, int] | None:
        """Return how many public checks of a failed function pass, and how many there are; None if not known."""

    def hint(self, mistake: str, lang: str) -> str:
        """Return the hint of a known mistake in the language `lang`."""

    def experiment_error(self, verdict: Verdict, lang: str) -> str:
        """Return where the experiment of a check raised an exception; empty if it raised none, or if unknown."""

    def original_signature(self, function: str) -> str:
        """Return the signature in the hand-out if the learner's signature differs from it, else ""."""


class FailureText(TerminalRepr):
    """Lines of a failed check below a heading, in color if the terminal has colors."""

    def __init__(self, heading: str, lines: list[Line]) -> None:
        self._heading, self._lines = heading, lines

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write the text to pytest's terminal writer."""
        tw.line(self._heading, bold=True)
        for line in self._lines:
            color = COLORS.get(line.kind)
            tw.line(line.text, **({color: True} if color else {}))


def failure_text(config: pytest.Config, exercise: FailedExercise, verdict: Verdict) -> FailureText:
    """Return the text of a failed check."""
    from grader.grading.verdicts.failure_report import report_failure
    from grader.rendering.failure_layout import Kind, Line, layout_failure, wrap

    lang, check = language(config), verdict.check
    tr, shown = translator(lang), config.stash.setdefault(SHOWN, Shown())
    if unreadable := exercise.unreadable(check.function, lang):
        return FailureText(unreadable, [Line(Kind.FOUND, f"  {line}") for line in _outcome_lines(verdict, lang)])
    broken = [Line(Kind.FOUND, f"      {line}") for line in exercise.experiment_error(verdict, lang).splitlines()]
    if verdict.status == "grader_fault":
        return FailureText(check.function, [Line(Kind.CLAIM, f"  ✘ {check.name}"), *broken])
    report = report_failure(verdict, verdict.display, lang)
    score = ""
    if counts := exercise.passed_checks(check.function):
        score = tr("{done} of {all} public checks pass").format(done=counts[0], all=counts[1])
    heading = "  ".join(filter(None, (check.function, exercise.location(check.function), score)))
    lines = [Line(Kind.CLAIM, f"  ✘ {check.name}")]
    first = shown.causes.setdefault((check.function, report.cause), check.name)
    if first != check.name and verdict.status != "failed":
        lines += [Line(Kind.CLAIM, text) for text in wrap(check.claim.in_(lang), 4)]
        lines += [Line(Kind.FOUND, text) for text in wrap(tr("the same cause as in {check}").format(check=first), 6)]
        return FailureText(heading, lines)
    hints = [
        text
        for m in verdict.hints
        if shown.hints.setdefault((check.function, m), check.name) == check.name and (text := exercise.hint(m, lang))
    ]
    command = "" if exercise.hidden else f"grader try {check.id}"
    lines += layout_failure(report, check.claim.in_(lang), hints, command, lang)
    lines += broken
    if expected := exercise.original_signature(check.function):
        text = tr("original signature: {signature}").format(signature=expected)
        lines += [Line(Kind.FOUND, line) for line in wrap(text, 6)]
    return FailureText(heading, lines)


def _outcome_lines(verdict: Verdict, lang: str) -> list[str]:
    from grader.grading.verdicts.explanation import explain

    return explain(verdict, lang).splitlines()
