"""The card as HTML without external files, for light and dark notebooks. All text of a learner is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from grader.core.outcomes import Observed
from grader.grading.verdicts.failure_report import FailureReport
from grader.learner.card.live_check import CheckedClaim, CheckedFunction, UncheckedFunction, next_step
from grader.learner.card.text import MARKS
from grader.rendering.pictures.svg import caption, draw
from grader.rendering.safe_templates import templates


@dataclass(frozen=True)
class CardRow:
    """One check as the template shows it, without the hints that an earlier row of the card shows.

    kind: CSS class, "good", "bad" or "open".
    hints: the hints that no earlier row shows.
    hinted_before: True if an earlier row shows one of the check's hints.
    same_error: True if an earlier row shows the same error; then the template does not show the error again.
    picture_open: True for the first picture of a function; the other pictures are folded.
    """

    claim: CheckedClaim
    mark: str
    kind: str
    report: FailureReport
    hints: tuple[str, ...]
    hinted_before: bool
    same_error: bool
    picture: Markup | None
    caption: str
    picture_open: bool


@dataclass
class CardHistory:
    """What the earlier rows of a function show: their hints, their errors, and the number of their pictures."""

    hints: set[str] = field(default_factory=set)
    errors: set[tuple[object, ...]] = field(default_factory=set)
    pictures: int = 0


def card_html(parts: Sequence[CheckedFunction | UncheckedFunction], language: str) -> str:
    """Return the HTML of the card."""
    shown = [(part, _rows(part, language) if isinstance(part, CheckedFunction) else ()) for part in parts]
    template = templates("grader.learner.card", language).get_template("card.html")
    return template.render(parts=shown, steps=next_step(parts, language), language=language)


def _rows(part: CheckedFunction, language: str) -> tuple[CardRow, ...]:
    history = CardHistory()
    return tuple(_row(claim, history, language) for claim in part.claims)


def _row(claim: CheckedClaim, history: CardHistory, language: str) -> CardRow:
    new_hints = tuple(hint for hint in claim.hints if hint not in history.hints)
    history.hints.update(claim.hints)
    is_error = not isinstance(claim.verdict.outcome, Observed) and bool(claim.report.lines)
    same_error = is_error and claim.report.cause in history.errors
    if is_error:
        history.errors.add(claim.report.cause)
    history.pictures += claim.picture is not None
    mark = MARKS.get(claim.verdict.status, "✗")
    return CardRow(
        claim=claim,
        mark=mark,
        kind={"✓": "good", "✗": "bad"}.get(mark, "open"),
        report=claim.report,
        hints=new_hints,
        hinted_before=len(new_hints) < len(claim.hints),
        same_error=same_error,
        picture=draw(claim.picture, language) if claim.picture else None,
        caption=caption(claim.picture, language) if claim.picture else "",
        picture_open=history.pictures == 1,
    )
