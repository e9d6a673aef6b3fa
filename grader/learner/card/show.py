"""`Card`, the value of `check(f)`, and how it is displayed in a notebook cell, in a script and at a prompt."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.core.console_text import printable
from grader.core.language import choose_language
from grader.learner.card.live_check import CheckedFunction, UncheckedFunction, check_live
from grader.learner.card.text import card_text


def show_card(things: Sequence[object], lang: str | None, time_limit: float) -> Card:
    """Check functions, and return and display a card with the results. `time_limit` is in seconds for one check."""
    language = choose_language(lang)
    card = Card(tuple(check_live(things, Path.cwd(), language, time_limit)), language)
    if _shell() is not None:
        card._ipython_display_()
    elif not hasattr(sys, "ps1"):  # at its prompt, Python itself prints the returned card
        print(printable(repr(card)))  # noqa: T201  (in a script, nothing else displays the card)
    return card


def _shell() -> Any:
    """Return the IPython shell of a notebook, VS Code or Colab, else None. IPython is not imported to find it."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


@dataclass(repr=False)
class Card:
    """Results of `check`, shown as HTML in a notebook and as text elsewhere."""

    parts: tuple[CheckedFunction | UncheckedFunction, ...]
    language: str = "en"
    _shown_in: int | None = field(default=None, compare=False)

    @property
    def passed(self) -> bool:
        """True if all public checks of all functions passed."""
        return bool(self.parts) and all(isinstance(part, CheckedFunction) and part.passed for part in self.parts)

    @property
    def points(self) -> float:
        """Points of the passed public checks, rounded to 2 digits."""
        return round(sum(part.points for part in self.parts if isinstance(part, CheckedFunction)), 2)

    @property
    def max_points(self) -> float:
        """Points of all public checks of these functions, rounded to 2 digits."""
        return round(sum(part.max_points for part in self.parts if isinstance(part, CheckedFunction)), 2)

    def __repr__(self) -> str:
        """Return the card as plain text."""
        return card_text(self.parts, self.language)

    def _repr_html_(self) -> str:
        """Return the card as HTML, for notebooks."""
        from grader.learner.card.html import card_html

        return card_html(self.parts, self.language)

    def _ipython_display_(self) -> None:
        """Display the card once per cell: IPython also displays the value of the last line, which may be this card."""
        shell = _shell()
        if self._shown_in != shell.execution_count:
            self._shown_in = shell.execution_count
            shell.display_pub.publish({"text/plain": repr(self), "text/html": self._repr_html_()})
