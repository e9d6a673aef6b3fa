"""Render a function's next step for the terminal: location, state, first failed check, hints, printed output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from grader.core.language import translator
from grader.core.outcome_text import reason_text
from grader.core.outcomes import Missing, NotAttempted, Raised, Status, Unreadable
from grader.core.reasons import Reason
from grader.core.visible_text import visible
from grader.grading.verdicts.explanation import describe_unreadable_file
from grader.grading.verdicts.failure_report import report_failure
from grader.grading.verdicts.verdict import Verdict
from grader.learner.files.function_locations import NOTEBOOK
from grader.learner.hint_selection import Hint
from grader.learner.progress import FunctionState
from grader.learner.signatures import signatures_differ
from grader.rendering.failure_layout import layout_failure
from grader.rendering.paragraph import Paragraph

Translate = Callable[[str], str]
STYLES = {"code": "cyan", "found": "red", "quiet": "dim", "claim": "bold"}
"""Style of each kind of line about a failed check."""

PRINTED = 6
"""Maximum number of lines of a learner's output that are shown: the last lines."""


def render_next_step(
    state: FunctionState,
    expected: str,
    hints: Iterable[Hint],
    language: str,
    lead: bool = True,
    call_lines: int | None = None,
) -> Group:
    """Render the next step on a function: its state, one failed check, and hints.

    expected: signature in the hand-out; shown if the learner's signature differs from it.
    lead: True to begin with "next: ".
    call_lines: maximum number of lines of the call that are shown; None: all lines.
    """
    tr = translator(language)
    head = Text.assemble((tr("next: ") if lead else "", "bold cyan"), (state.function, "bold"), "  ")
    head.append(location_text(state), "cyan").append(f"  {state_summary(state, tr)}", "dim")
    return Group(Paragraph(head), *_body(state, expected, tr, language, call_lines), *render_hints(hints, tr))


def location_text(state: FunctionState) -> str:
    """Return FILE:LINE of a function, which editors and terminals show as a link; for a notebook only FILE."""
    location = state.location
    if not location.file:
        return f"{state.exercise.name}.py"
    file = Path(location.file)
    name = visible(str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else file.name)
    return name if location.file.endswith(NOTEBOOK) else f"{name}:{location.line}"


def state_summary(state: FunctionState, tr: Translate) -> str:
    """Return the state of a function in a few words, such as "2 of 5 checks pass"."""
    words = {
        Status.NOT_ATTEMPTED: tr("not started"),
        Status.MISSING: tr("not found"),
        Status.REFUSED: tr("blocked"),
        Status.UNREADABLE: tr("unreadable"),
    }
    if state.not_run:
        return tr("not run yet")
    if state.passed:
        return tr("all checks pass")
    if isinstance(state.location.problem, Raised):
        return tr("its file has a syntax error")
    if state.status in words and (state.not_started or state.status != Status.NOT_ATTEMPTED):
        return words[state.status]
    done = sum(verdict.passed for verdict in state.verdicts)
    return tr("{done} of {all} checks pass").format(done=done, all=len(state.verdicts))


def render_failures(state: FunctionState, expected: str, tr: Translate, language: str) -> Iterator[RenderableType]:
    """Yield the lines about each failed check of a function; if all failed for one reason, a single text.

    expected: signature in the hand-out; shown if the learner's signature differs from it.
    """
    special = state.location.problem is not None or state.status in (Status.NOT_ATTEMPTED, Status.MISSING)
    failed = [verdict for verdict in state.verdicts if not verdict.passed]
    if special or state.not_run or not failed:
        yield from _body(state, expected, tr, language, None)
        return
    for verdict in failed:
        if verdict.status != Status.NOT_ATTEMPTED:
            yield from _render_failure(verdict, language, None)
    if unwritten := [verdict.check.name for verdict in failed if verdict.status == Status.NOT_ATTEMPTED]:
        text = tr("In these checks your function still raises NotImplementedError: {checks}")
        yield indent(Text(text.format(checks=", ".join(unwritten))))
    if expected and signatures_differ(state.location.signature, expected):
        yield indent(Text(tr("original signature: {signature}").format(signature=expected), "yellow"), 4)


def _body(
    state: FunctionState, expected: str, tr: Translate, language: str, call_lines: int | None
) -> Iterator[RenderableType]:
    verdict, problem = state.first_failed, state.location.problem
    if state.not_run:
        return
    if verdict is None:
        message = tr("Every public check of this function passes. Hidden checks on other data decide the grade.")
        yield indent(Text(message))
        return
    if isinstance(problem, Raised | Unreadable) and state.location.file:
        yield from render_unreadable_file(state.location.file, problem, language)
        return
    match verdict.outcome:
        case NotAttempted():
            begun = tr("In this check your function still raises NotImplementedError:")
            start = tr("Write this function in place of raise NotImplementedError. Its first check:")
            yield indent(Text(start if state.not_started else begun))
            yield indent(Text(verdict.check.claim.in_(language)))
        case Missing(reason):
            why = visible(reason_text(reason, language)) if reason else ""
            yield indent(Text(tr("No file here defines this function: {reason}").format(reason=why), "red"))
        case _:
            yield from _render_failure(verdict, language, call_lines)
            if expected and signatures_differ(state.location.signature, expected):
                yield indent(Text(tr("original signature: {signature}").format(signature=expected), "yellow"), 4)


def _render_failure(verdict: Verdict, language: str, call_lines: int | None) -> Iterator[RenderableType]:
    """Yield the lines about a failed check, without hints: `render_hints` renders all hints of a function."""
    report, check = report_failure(verdict, verdict.display, language), verdict.check
    if call_lines is not None and len(report.call) > call_lines:
        first = report.call[: max(0, call_lines - 2)]
        report = replace(report, call=(*first, "...", report.call[-1]) if call_lines else ())
    yield Text.assemble(("  ✘ ", "bold red"), (check.name, "bold"))
    for line in layout_failure(report, check.claim.in_(language), (), f"grader try {check.id}", language):
        yield Text(line.text, STYLES.get(line.kind, ""), no_wrap=True, overflow="fold")


def render_unreadable_file(file: str, problem: Raised | Unreadable, language: str) -> Iterator[RenderableType]:
    """Yield the reason why a file cannot be read, with the line of a syntax error."""
    if isinstance(problem, Unreadable):
        for reason in problem.reasons:
            yield indent(Text(visible(reason_text(_short(reason, file), language)), "red"))
        return
    yield indent(Text(describe_unreadable_file(file, problem.place, language), "bold red"))
    if problem.place and problem.place.text:
        yield indent(Text(visible(problem.place.text)), 4)
    yield indent(Text(visible(f"{problem.error}: {problem.message}"), "red"), 4)


def _short(reason: Reason, file: str) -> Reason:
    """Return a reason about `file` that names the file without its folders."""
    facts = dict(reason.facts)
    return Reason.of(reason.code, **facts | {"file": Path(file).name}) if facts.get("file") == file else reason


def render_hints(hints: Iterable[Hint], tr: Translate) -> Iterator[RenderableType]:
    """Yield each hint with a title for its kind."""
    words = {
        "mistake": tr("hint: "),
        "nudge": tr("hint 1, a question: "),
        "pointer": tr("hint 2, where to look: "),
        "idea": tr("hint 3, the idea: "),
    }
    for hint in hints:
        yield indent(Text.assemble((words[hint.kind], "bold yellow"), hint.text))


def render_output(output: str, tr: Translate) -> Iterator[RenderableType]:
    """Yield the last lines that the learner's code printed, below a heading; nothing if it printed nothing."""
    lines = output.rstrip().splitlines()
    if not lines:
        return
    yield Text(tr("printed by your code:"), "dim")
    for line in ["…"] * (len(lines) > PRINTED) + lines[-PRINTED:]:
        yield indent(Text(visible(line.expandtabs(4)), "dim"))


def render_warnings(texts: Sequence[str]) -> Iterator[RenderableType]:
    """Yield a line for each warning about a file."""
    for text in texts:
        yield Paragraph(Text(visible(text), "yellow"))


def indent(text: Text, cells: int = 2) -> Paragraph:
    """Indent all lines of a text by `cells` columns, including lines that are wrapped."""
    return Paragraph(text, cells)
