"""`check(f)`: what a learner sees in a notebook cell, in a script, or at a prompt."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.core.language import choose_language
from grader.faces.notebook.text import card_text
from grader.judge.live import Judged, NotJudged, judge_live


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
        return card_text(self.parts, self.language)

    def _repr_html_(self) -> str:
        """The card as a notebook shows it."""
        from grader.faces.notebook.page import card_html

        return card_html(self.parts, self.language)
