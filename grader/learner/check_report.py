"""The report of `grader check`: the verdicts on some functions as lines for the terminal, or as one JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from rich.console import RenderableType
from rich.text import Text

from grader.core.language import translator
from grader.core.outcomes import Raised
from grader.core.visible_text import visible
from grader.course.goldens import Golden
from grader.grading.verdicts.explanation import explain, explain_relations
from grader.grading.verdicts.failure_report import report_failure
from grader.grading.verdicts.verdict import Verdict
from grader.learner.hint_selection import select_hints
from grader.learner.progress import FunctionState
from grader.learner.progress_table import mark
from grader.learner.step_rendering import location_text, render_failures, render_hints, state_summary


class CheckedHint(msgspec.Struct, frozen=True):
    """The hint of a recognized mistake."""

    id: str
    text: str


class CheckedClaim(msgspec.Struct, frozen=True):
    """One check in the JSON document.

    status: the id of the outcome, such as "passed", "failed" or "raised".
    file, line: the student's line that raised an exception; else the line of the function's definition. `file` and
        `line` are "" and 0 if no file defines the function.
    message: what differs, or what happened; "" if the check passed.
    call: the first call of the function as Python code; "" if the check passed, or if the call is not known.
    relation: how the wrong values relate to the expected ones; null if the check passed, or if no relation was
        found.
    points, max_points: earned and possible points.
    """

    function: str
    check: str
    claim: str
    status: str
    file: str
    line: int
    message: str
    call: str
    relation: str | None
    hints: tuple[CheckedHint, ...]
    points: float
    max_points: float


class CheckDocument(msgspec.Struct, frozen=True):
    """The JSON document: all checks in order, and warnings about files that could not be read or are not UTF-8."""

    checks: tuple[CheckedClaim, ...]
    warnings: tuple[str, ...] = ()


def render_checks(state: FunctionState, expected: str, golden: Golden, language: str) -> Iterator[RenderableType]:
    """Yield the lines about one function: its state, and each check that failed.

    expected: signature in the hand-out; shown if the learner's signature differs from it.
    """
    tr = translator(language)
    sign, color = mark(state)
    head = Text.assemble((sign, color), " ", (state.function, "bold"), "  ", (location_text(state), "cyan"))
    yield head.append(f"  {state_summary(state, tr)}", "dim")
    if not state.passed:
        yield from render_failures(state, expected, tr, language)
        yield from render_hints(select_hints(state, golden, 0, language), tr)


def encode_checks(
    states: Sequence[FunctionState], goldens: Sequence[Golden], warnings: Sequence[str], language: str
) -> bytes:
    """Return the JSON document about some functions; `goldens` are the goldens of their exercises."""
    checks = tuple(
        _claim(state, verdict, golden, language)
        for state, golden in zip(states, goldens, strict=True)
        for verdict in state.verdicts
    )
    document = CheckDocument(checks, tuple(map(visible, warnings)))
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _claim(state: FunctionState, verdict: Verdict, golden: Golden, language: str) -> CheckedClaim:
    check, outcome, location = verdict.check, verdict.outcome, state.location
    place = outcome.place if isinstance(outcome, Raised) else None
    maximum = golden.points.get(check.id, 0.0)
    return CheckedClaim(
        function=check.function,
        check=check.id,
        claim=check.claim.in_(language),
        status=verdict.status.value,
        file=location.file,
        line=place.number if place else location.line,
        message="" if verdict.passed else explain(verdict, language),
        call="" if verdict.passed else "\n".join(report_failure(verdict, verdict.display, language).call),
        relation=explain_relations(verdict, language) or None,
        hints=tuple(CheckedHint(mistake, golden.hint(mistake, language)) for mistake in verdict.hints),
        points=maximum if verdict.passed else 0.0,
        max_points=maximum,
    )
