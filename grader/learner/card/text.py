"""The card as plain text, for scripts, prompts and terminals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.learner.card.live_check import CheckedClaim, CheckedFunction, UncheckedFunction, next_step
from grader.rendering.display_width import cells, pad
from grader.rendering.failure_layout import layout_failure, wrap

MARKS = {"passed": "✓", "not_attempted": "·", "grader_fault": "·"}
"""Sign in front of a check, by its status; all other statuses have ✗."""

LAST_LINES = 10
"""Maximum number of lines of a function's output in one check that are shown: the last lines."""


def card_text(parts: Sequence[CheckedFunction | UncheckedFunction], language: str) -> str:
    """Return the card as text; control characters are made visible."""
    return "\n".join(visible(line) for line in _lines(parts, language))


def _lines(parts: Sequence[CheckedFunction | UncheckedFunction], language: str) -> Iterator[str]:
    tr = translator(language)
    head, not_started = tr("points of the public checks"), tr("not started")
    width = max((cells(part.function) for part in parts if isinstance(part, CheckedFunction)), default=0)
    for part in parts:
        if isinstance(part, UncheckedFunction):
            yield f"{part.name}: {part.reason}"
            continue
        yield f"{pad(part.function, width)} {part.points:5.2f} / {part.max_points:.2f} {head}"
        if part.not_started:
            yield f"  · {not_started}"
            continue
        causes, hinted = dict[tuple[object, ...], str](), set[str]()
        for claim in part.claims:
            yield from _claim(claim, causes, hinted, language)
    yield from (line for step in next_step(parts, language) for line in wrap(step, 0))


def _claim(
    claim: CheckedClaim, causes: dict[tuple[object, ...], str], hinted: set[str], language: str
) -> Iterator[str]:
    """Yield the lines of one check, and add what they show to `causes` and `hinted`.

    causes: for each cause of a failure that is shown above, the name of the first check that shows it.
    hinted: the hints that are shown above.
    """
    tr = translator(language)
    printed, check, mark = tr("your function printed:"), claim.verdict.check, MARKS.get(claim.verdict.status, "✗")
    if mark != "✗":
        first, *more = wrap(claim.text, 4)
        yield f"  {mark} {first.lstrip()}"
        yield from more
        return
    yield f"  {mark} {check.name}"
    first_check = causes.setdefault(claim.report.cause, check.name)
    if first_check != check.name and claim.verdict.status != "failed":
        yield from wrap(claim.text, 4)
        yield from wrap(tr("the same cause as in {check}").format(check=first_check), 6)
        return
    hints = [hint for hint in claim.hints if hint not in hinted]
    hinted.update(hints)
    command = f"grader try {check.id}"
    yield from (line.text for line in layout_failure(claim.report, claim.text, hints, command, language))
    if claim.printed.strip() and not claim.verdict.passed:
        yield f"      {printed}"
        yield from (f"      | {line}" for line in claim.printed.rstrip().splitlines()[-LAST_LINES:])
