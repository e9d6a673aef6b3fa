"""`FailureReport`: the lines about a failed check that a person reads, in the order of reading.

A report holds the call, the differences, the exceptions and the changed arguments. `rendering.failure_layout` lays a
report out as text; the templates of cards and pages lay it out as HTML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.core.language import translator
from grader.core.outcomes import Raised
from grader.execution.guest.call_recording.recorded_call import CheckDisplay, ErrorDetail
from grader.grading.verdicts.call_text import INDENT, WIDTH, call_lines, changed_lines, shorten
from grader.grading.verdicts.explanation import DecidedCheck, ExplainedLine, explain, explained_lines


@dataclass(frozen=True)
class FailureReport:
    """Report on a failed check.

    call: lines of Python code that show the first call of the function; empty if the call was not recorded.
    calls: a text with the number of calls; "" if the check calls the function once.
    lines: lines about the differences, or about the outcome if there are no observations.
    details: for an exception, the student's line that raised it, with the values on that line; for changed arguments,
        their values before and after the call.
    """

    call: tuple[str, ...]
    calls: str
    lines: tuple[ExplainedLine, ...]
    details: tuple[str, ...]

    @property
    def cause(self) -> tuple[object, ...]:
        """A key that is equal for two checks if everything but their calls is equal: one report is enough for both."""
        return self.lines, self.details


def report_failure(check: DecidedCheck, display: CheckDisplay, language: str) -> FailureReport:
    """Return the report on a failed check, in the given language."""
    tr = translator(language)
    total = display.call.total if display.call else 1
    found = explain(check, language)
    return FailureReport(
        call=tuple(call_lines(display.call)) if display.call else (),
        calls=tr("first of {total} calls in this check").format(total=total) if total > 1 else "",
        lines=tuple(explained_lines(check, language)),
        details=tuple(detail_lines(display, found, isinstance(check.outcome, Raised), language)),
    )


def detail_lines(display: CheckDisplay, found: str, raised: bool, language: str) -> Iterator[str]:
    """Yield the lines about exceptions and changed arguments.

    found: the explanation of the check; an exception is shown only if the explanation names its class.
    raised: True if an exception ended the check. If so, `found` already names its message and its line.
    """
    tr = translator(language)
    for error in display.errors:
        if error.error in found:
            yield from _error_lines(error, raised, language)
            break  # show one exception: later calls mostly raise the same one
    for changed in display.changed:
        before, after = tr("{name} before the call: "), tr("{name} after the call:  ")
        yield from changed_lines(changed, before.format(name=changed.name), after.format(name=changed.name))


def _error_lines(error: ErrorDetail, raised: bool, language: str) -> Iterator[str]:
    tr = translator(language)
    if not raised:
        yield shorten(f"{error.error}: {error.message}".rstrip(": "), WIDTH - INDENT)
        if error.line:
            words = tr("cell {cell}, line {line}: {code}") if error.cell else tr("line {line}: {code}")
            yield shorten(words.format(cell=error.cell, line=error.number, code=error.line), WIDTH - INDENT)
    if error.call > 1:
        yield tr("raised in call {number} of your function in this check").format(number=error.call)
    for name, value in error.names:
        yield shorten(f"    {name} = {value}", WIDTH - INDENT)
