"""`check(f)`: what a learner sees in a notebook cell, in a script, or at a prompt."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from grader.core.language import choose_language, translator
from grader.core.text import visible
from grader.judge.live import Claim, Judged, NotJudged, judge_live

MARKS = {"passed": "✓", "not_attempted": "·", "grader_fault": "·"}
"""How a claim begins, by its status; every other status is a ✗."""


def show_card(things: Sequence[object], lang: str | None) -> Card:
    """Check functions; print the card where no notebook and no prompt will show it."""
    language = choose_language(lang)
    card = Card(tuple(judge_live(things, Path.cwd(), language)), language)
    if not _will_be_shown():
        print(card)  # noqa: T201  (in a script this is the only way to be seen)
    return card


def _will_be_shown() -> bool:
    """Whether somebody shows the value of an expression: IPython (notebooks, VS Code, Colab), or Python's prompt."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None or hasattr(sys, "ps1")


@dataclass(frozen=True, repr=False)
class Card:
    """What was found about some functions; shows itself in a notebook, and reads well as text."""

    parts: tuple[Judged | NotJudged, ...]
    language: str = "en"

    @property
    def passed(self) -> bool:
        """Whether every public check of every function passed."""
        return bool(self.parts) and all(isinstance(part, Judged) and part.passed for part in self.parts)

    @property
    def points(self) -> float:
        """The points of the public checks that passed."""
        return round(sum(part.points for part in self.parts if isinstance(part, Judged)), 2)

    @property
    def max_points(self) -> float:
        """The points of all public checks of these functions."""
        return round(sum(part.max_points for part in self.parts if isinstance(part, Judged)), 2)

    def __repr__(self) -> str:
        """The card as text."""
        return "\n".join(visible(line) for line in self._lines())

    def _repr_html_(self) -> str:
        """The card as a notebook shows it."""
        return f"<pre>{escape(repr(self))}</pre>"

    def _lines(self) -> Iterator[str]:
        tr = translator(self.language)
        for part in self.parts:
            if isinstance(part, NotJudged):
                yield f"{part.name}: {part.reason}"
                continue
            yield f"{part.function}  {part.points:.2f} / {part.max_points:.2f}  {tr('points of the public checks')}"
            if part.not_started:
                yield f"  · {tr('not started')}"
                continue
            for claim in part.claims:
                yield from self._claim(claim)
        yield from self._next()

    def _claim(self, claim: Claim) -> Iterator[str]:
        tr = translator(self.language)
        yield f"  {MARKS.get(claim.verdict.status, '✗')} {claim.text}"
        yield from (f"      {line}" for line in claim.found.splitlines())
        yield from (f"      {tr('hint: ')}{hint}" for hint in claim.hints)

    def _next(self) -> Iterator[str]:
        tr = translator(self.language)
        judged = [part for part in self.parts if isinstance(part, Judged)]
        if self.passed:
            yield tr("Every check passed.")
            yield tr("Hidden checks on other data decide the grade.")
        elif unfinished := next((part for part in judged if not part.passed), None):
            claim = next(claim for claim in unfinished.claims if not claim.verdict.passed)
            yield f"{tr('next: ')}{unfinished.function}"
            yield f"      {claim.text}"
