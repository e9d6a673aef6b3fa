"""Explain a student's score in a terminal: claims, values returned and expected, hints, and the code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.course.library import Library
from grader.execution.guest.call_recording.recorded_call import NO_DISPLAY
from grader.grading.policy.final_score import FinalScore
from grader.grading.verdicts.entry import NO_ATTACHMENTS, Attachments
from grader.grading.verdicts.failure_report import detail_lines
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.outcome_words import outcome_words
from grader.submissions.excerpts import find_error_line, find_function

OUTCOME_COLORS = {"passed": "green", "failed": "yellow", "raised": "yellow", "not_attempted": "dim", "missing": "dim"}
"""Color of an outcome; outcomes that are not listed are red."""


def student_report_parts(
    records: Sequence[FunctionRecord], attachments: Mapping[str, Attachments], library: Library | None, language: str
) -> Iterator[RenderableType]:
    """Yield a table of all functions, then the failed checks; for a single function, its code and all its checks."""
    single_function = len(records) == 1
    if not single_function:
        yield _overview(records, language)
    for remark in dict.fromkeys(record.remark for record in records if record.remark):
        yield Text(visible(remark), "yellow")
    for record in records:
        if single_function or record.outcome not in ("passed", "not_attempted", "missing"):
            yield from _function_parts(
                record, attachments.get(record.function, NO_ATTACHMENTS), library, language, single_function
            )


def final_lines(final: FinalScore, tr: Callable[[str], str]) -> Iterator[str]:
    """Yield lines for late penalty, overrides and comments, and for the total if they changed it."""
    if final.score is not None and (final.score != final.raw_score or final.scores):
        words = tr("final total after late penalty and overrides: {score} of {maximum}")
        yield words.format(score=f"{final.score:.2f}", maximum=f"{final.max_score:.2f}")
    if final.penalty:
        yield visible(tr("late penalty: {penalty} ({why})").format(penalty=f"{final.penalty:.2f}", why=final.why))
    for function, score in final.scores.items():
        yield visible(tr("override: {function} {score}").format(function=function or tr("total"), score=f"{score:.2f}"))
    for function, comment in final.comments.items():
        yield visible(f"{function}: {comment}" if function else comment)


def _overview(records: Sequence[FunctionRecord], language: str) -> Table:
    tr = translator(language)
    words = outcome_words(tr)
    table = Table(box=None, pad_edge=False)
    for heading in (tr("function"), tr("outcome")):
        table.add_column(heading, no_wrap=True)
    table.add_column(tr("points"), justify="right")
    table.add_column(tr("mistakes"), overflow="fold")
    for record in records:
        color = OUTCOME_COLORS.get(record.outcome, "red")
        mistakes = ", ".join(mistake.partition("__")[2] for mistake in record.mistakes)
        table.add_row(record.function, Text(words[record.outcome], color), _points(record), escape(visible(mistakes)))
    return table


def _function_parts(
    record: FunctionRecord, attachments: Attachments, library: Library | None, language: str, single_function: bool
) -> Iterator[RenderableType]:
    tr = translator(language)
    color = OUTCOME_COLORS.get(record.outcome, "red")
    heading = f"\n[bold]{record.function}[/] [{color}]{outcome_words(tr)[record.outcome]}[/] {_points(record)}"
    yield heading + (f"  [dim]{escape(visible(record.source))}[/]" if record.source else "")
    if single_function and (code := _code(record, attachments)):
        yield code
    elif single_function:
        yield Text(tr("The journal has no code of this function."), "dim")
    hints, shown_hints = _hints(record, library), set[str]()
    for check in record.checks:
        if single_function or not check.passed:
            display = attachments.displays.get(check.name, NO_DISPLAY)
            details = detail_lines(display, check.message, record.outcome == "raised", language)
            yield from _check_parts(check, hints, shown_hints, tr("hint: "), details)


def _hints(record: FunctionRecord, library: Library | None) -> list[str]:
    mistakes = [library.mistakes[id] for id in record.mistakes if id in library.mistakes] if library else []
    return [hint for mistake in mistakes for hint in mistake.hint.every]


def _check_parts(
    check: CheckRecord, hints: Sequence[str], shown_hints: set[str], label: str, details: Iterable[str]
) -> Iterator[RenderableType]:
    """Yield the claim, the call, the message, the details and the hints of a check; `shown_hints` are not repeated."""
    mark = "[green]✓[/]" if check.passed else "[red]✗[/]"
    yield f"{mark} {escape(check.claim)} [dim]{check.name} {check.points:g}/{check.max_points:g}[/]"
    for line in check.call.splitlines():
        yield Padding(Text(visible(line), "cyan"), (0, 0, 0, 4))
    message = check.message
    check_hints = [
        hint for hint in hints if message == hint or message.endswith(f"\n{hint}") or f"\n{hint}\n" in message
    ]
    for hint in check_hints:
        message = message.replace(hint, "").rstrip("\n")
    for line in message.split("\n") if message else []:
        yield Padding(Text(visible(line)), (0, 0, 0, 4))
    for line in details:
        yield Padding(Text(visible(line), "dim"), (0, 0, 0, 4))
    for hint in (hint for hint in check_hints if hint not in shown_hints):
        shown_hints.add(hint)
        yield Padding(Text(f"{label}{hint}", "italic yellow"), (0, 0, 0, 4))


def _code(record: FunctionRecord, attachments: Attachments) -> Syntax | None:
    """Return the lines of the function with their numbers; lines that an error names are highlighted."""
    excerpt = find_function(attachments.source, record.function)
    if excerpt is None:
        return None
    text = "\n".join(visible(line.expandtabs(4)) for line in excerpt.lines)
    failed = [check.message for check in record.checks if not check.passed]
    error_lines = {line for message in failed if (line := find_error_line(message, attachments.source))}
    return Syntax(
        text,
        "python",
        theme="ansi_dark",
        line_numbers=True,
        start_line=excerpt.first,
        highlight_lines=error_lines,
        word_wrap=True,
        background_color="default",
    )


def _points(record: FunctionRecord) -> str:
    return f"{'—' if record.score is None else f'{record.score:g}'}/{record.max_score:g}"
