"""`check(f)`: what a learner sees in a notebook cell, in a script, or at a prompt."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.core.language import choose_language
from grader.learner.card.live_check import CheckedFunction, UncheckedFunction, judge_live
from grader.learner.card.text import card_text


def show_card(things: Sequence[object], lang: str | None, time_limit: float) -> Card:
    """Check functions and show the card at once, wherever in a cell or a script it is asked for."""
    language = choose_language(lang)
    card = Card(tuple(judge_live(things, Path.cwd(), language, time_limit)), language)
    if _shell() is not None:
        card._ipython_display_()
    elif not hasattr(sys, "ps1"):  # Python's own prompt shows what is returned
        print(card)  # noqa: T201  (in a script this is the only way to be seen)
    return card


def _shell() -> Any:
    """The IPython that runs us (notebooks, VS Code, Colab), if one does; it is never imported for that."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


@dataclass(repr=False)
class Card:
    """What was found about some functions; shows itself in a notebook, and reads well as text."""

    parts: tuple[CheckedFunction | UncheckedFunction, ...]
    language: str = "en"
    _shown_in: int | None = field(default=None, compare=False)

    @property
    def passed(self) -> bool:
        """Whether every public check of every function passed."""
        return bool(self.parts) and all(isinstance(part, CheckedFunction) and part.passed for part in self.parts)

    @property
    def points(self) -> float:
        """The points of the public checks that passed."""
        return round(sum(part.points for part in self.parts if isinstance(part, CheckedFunction)), 2)

    @property
    def max_points(self) -> float:
        """The points of all public checks of these functions."""
        return round(sum(part.max_points for part in self.parts if isinstance(part, CheckedFunction)), 2)

    def __repr__(self) -> str:
        """The card as text."""
        return card_text(self.parts, self.language)

    def _repr_html_(self) -> str:
        """The card as a notebook shows it."""
        from grader.learner.card.html import card_html

        return card_html(self.parts, self.language)

    def _ipython_display_(self) -> None:
        """Show it, once in a cell: its value may be the card that was shown already."""
        shell = _shell()
        if self._shown_in != shell.execution_count:
            self._shown_in = shell.execution_count
            shell.display_pub.publish({"text/plain": repr(self), "text/html": self._repr_html_()})
