"""The card as plain text: for scripts, prompts and terminals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.core.language import translator
from grader.core.text import visible
from grader.core.width import cells, pad
from grader.judge.live import Claim, Judged, NotJudged, next_step

MARKS = {"passed": "✓", "not_attempted": "·", "grader_fault": "·"}
"""How a claim begins, by its status; every other status is a ✗."""

LAST_LINES = 10
"""Lines of what a function printed that are shown of one check."""


def card_text(parts: Sequence[Judged | NotJudged], language: str) -> str:
    """All of it, every character visible."""
    return "\n".join(visible(line) for line in _lines(parts, language))


def _lines(parts: Sequence[Judged | NotJudged], language: str) -> Iterator[str]:
    tr = translator(language)
    width = max((cells(part.function) for part in parts if isinstance(part, Judged)), default=0)
    for part in parts:
        if isinstance(part, NotJudged):
            yield f"{part.name}: {part.reason}"
            continue
        points = f"{part.points:5.2f} / {part.max_points:.2f} {tr('points of the public checks')}"
        yield f"{pad(part.function, width)} {points}"
        if part.not_started:
            yield f"  · {tr('not started')}"
            continue
        for claim in part.claims:
            yield from _claim(claim, language)
    yield from next_step(parts, language)


def _claim(claim: Claim, language: str) -> Iterator[str]:
    tr = translator(language)
    yield f"  {MARKS.get(claim.verdict.status, '✗')} {claim.text}"
    yield from (f"      {line}" for line in claim.found.splitlines())
    yield from (f"      {tr('hint: ')}{hint}" for hint in claim.hints)
    if claim.printed.strip() and not claim.verdict.passed:
        yield f"      {tr('your function printed:')}"
        yield from (f"      | {line}" for line in claim.printed.rstrip().splitlines()[-LAST_LINES:])
