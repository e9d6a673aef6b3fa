"""The card as HTML: self-contained, for light and dark notebooks, with nothing of a learner's text alive in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from grader.core.outcomes import Observed
from grader.grading.verdicts.explanation import MAX_SHOWN
from grader.grading.verdicts.verdict import Verdict
from grader.learner.card.difference_marks import marked_words
from grader.learner.card.live_check import CheckedClaim, CheckedFunction, UncheckedFunction, next_step
from grader.learner.card.text import MARKS
from grader.rendering.pictures.svg import caption, draw
from grader.rendering.safe_templates import templates


@dataclass(frozen=True)
class CardRow:
    """A claim as the template shows it; what the card has said before is not said again."""

    claim: CheckedClaim
    mark: str
    kind: str  # good, bad or open
    lines: tuple[str, ...]
    hints: tuple[str, ...]
    hinted_before: bool
    same_error: bool
    picture: Markup | None
    caption: str
    opened: bool  # the first picture of a card is seen at once


@dataclass
class Told:
    """What a card has already said."""

    hints: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)
    pictures: int = 0


def card_html(parts: Sequence[CheckedFunction | UncheckedFunction], language: str) -> str:
    """The whole card."""
    shown = [(part, _rows(part, language) if isinstance(part, CheckedFunction) else ()) for part in parts]
    template = templates("grader.learner.card", language).get_template("card.html")
    return template.render(parts=shown, steps=next_step(parts, language))


def _rows(part: CheckedFunction, language: str) -> tuple[CardRow, ...]:
    told = Told()
    return tuple(_row(claim, told, language) for claim in part.claims)


def _row(claim: CheckedClaim, told: Told, language: str) -> CardRow:
    new_hints = tuple(hint for hint in claim.hints if hint not in told.hints)
    told.hints.update(claim.hints)
    is_error = bool(claim.found) and not isinstance(claim.verdict.outcome, Observed)
    same_error = is_error and claim.found in told.errors
    if is_error:
        told.errors.add(claim.found)
    told.pictures += claim.picture is not None
    mark = MARKS.get(claim.verdict.status, "✗")
    return CardRow(
        claim=claim,
        mark=mark,
        kind={"✓": "good", "✗": "bad"}.get(mark, "open"),
        lines=tuple(_lines(claim.verdict, claim.found, language)),
        hints=new_hints,
        hinted_before=len(new_hints) < len(claim.hints),
        same_error=same_error,
        picture=draw(claim.picture, language) if claim.picture else None,
        caption=caption(claim.picture, language) if claim.picture else "",
        opened=told.pictures == 1,
    )


def _lines(verdict: Verdict, found: str, language: str) -> Iterator[str]:
    """What `explain` says, with marks where two values are compared."""
    if isinstance(verdict.outcome, Observed):
        return (marked_words(difference, language) for difference in verdict.differences[:MAX_SHOWN])
    return iter(found.splitlines())
