"""The next step: one function, its first open check, what was observed, hints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from grader.core.language import translator
from grader.core.outcome_text import reason_text
from grader.core.outcomes import Missing, NotAttempted, Raised, Refused, Status
from grader.core.reasons import Reason
from grader.core.visible_text import visible
from grader.grading.verdicts.explanation import explain, unreadable
from grader.learner.hint_levels import Tip
from grader.learner.learner_files import NOTEBOOK
from grader.learner.progress import FunctionState
from grader.learner.signatures import other_signature
from grader.rendering.paragraph import Paragraph

Translate = Callable[[str], str]
PRINTED = 6
"""Lines of a learner's own output that are shown, the last ones."""


def step(state: FunctionState, expected: str, tips: Iterable[Tip], language: str, lead: bool = True) -> Group:
    """What to do about a function, with "next" to `lead`; `expected` is the signature that was handed out."""
    tr = translator(language)
    head = Text.assemble((tr("next: ") if lead else "", "bold cyan"), (state.function, "bold"), "  ")
    head.append(where(state), "cyan").append(f"  {summary(state, tr)}", "dim")
    return Group(Paragraph(head), *_body(state, expected, tr, language), *tips_lines(tips, tr))


def where(state: FunctionState) -> str:
    """The file and line of a function, as editors and terminals make a link of it; a notebook has no lines."""
    place = state.place
    if not place.file:
        return f"{state.exercise.name}.py"
    file = Path(place.file)
    name = visible(str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else file.name)
    return name if place.file.endswith(NOTEBOOK) else f"{name}:{place.line}"


def summary(state: FunctionState, tr: Translate) -> str:
    """How far a function is, in a few words."""
    words = {
        Status.NOT_ATTEMPTED: tr("not started"),
        Status.MISSING: tr("not found"),
        Status.REFUSED: tr("not judged"),
    }
    if state.waiting:
        return tr("not run yet")
    if state.passed:
        return tr("all checks pass")
    if isinstance(state.place.problem, Raised):
        return tr("its file is no Python yet")
    if state.status in words:
        return words[state.status]
    done = sum(verdict.passed for verdict in state.verdicts)
    return tr("{done} of {all} checks pass").format(done=done, all=len(state.verdicts))


def _body(state: FunctionState, expected: str, tr: Translate, language: str) -> Iterator[RenderableType]:
    verdict, problem = state.open, state.place.problem
    if state.waiting:
        return
    if verdict is None:
        yield indent(Text(tr("Every public check of it passes. Hidden checks on other data decide the grade.")))
        return
    if isinstance(problem, Raised | Refused) and state.place.file:
        yield from broken(state.place.file, problem, language)
        return
    match verdict.outcome:
        case NotAttempted():
            yield indent(Text(tr("Write it in the place of raise NotImplementedError. Its first check:")))
            yield indent(Text(verdict.check.claim(language)))
        case Missing(reason):
            why = visible(reason_text(reason, language)) if reason else ""
            yield indent(Text(tr("No file here defines it: {reason}").format(reason=why), "red"))
        case _:
            yield indent(Text.assemble(("✘ ", "bold red"), (verdict.check.claim(language), "bold")))
            for line in explain(verdict, language).splitlines():
                yield indent(Text(visible(line), "red"), 4)
            if expected and other_signature(state.place.signature, expected):
                yield indent(Text(tr("handed out as: {signature}").format(signature=expected), "yellow"), 4)


def broken(file: str, problem: Raised | Refused, language: str) -> Iterator[RenderableType]:
    """A file that Python cannot read, kindly."""
    if isinstance(problem, Refused):
        for reason in problem.reasons:
            yield indent(Text(visible(reason_text(_short(reason, file), language)), "red"))
        return
    yield indent(Text(unreadable(file, problem.place, language), "bold red"))
    if problem.place and problem.place.text:
        yield indent(Text(visible(problem.place.text)), 4)
    yield indent(Text(visible(f"{problem.error}: {problem.message}"), "red"), 4)


def _short(reason: Reason, file: str) -> Reason:
    """A reason that names a file without its folders."""
    facts = dict(reason.facts)
    return Reason.of(reason.code, **facts | {"file": Path(file).name}) if facts.get("file") == file else reason


def tips_lines(tips: Iterable[Tip], tr: Translate) -> Iterator[RenderableType]:
    """Hints, each with the word for its kind."""
    words = {
        "mistake": tr("hint: "),
        "nudge": tr("hint 1, a question: "),
        "pointer": tr("hint 2, where to look: "),
        "idea": tr("hint 3, the idea: "),
    }
    for tip in tips:
        yield indent(Text.assemble((words[tip.kind], "bold yellow"), tip.text))


def printed(output: str, tr: Translate) -> Iterator[RenderableType]:
    """The end of what the learner's own code printed."""
    lines = output.rstrip().splitlines()
    if not lines:
        return
    yield Text(tr("printed by your code:"), "dim")
    for line in ["…"] * (len(lines) > PRINTED) + lines[-PRINTED:]:
        yield indent(Text(visible(line.expandtabs(4)), "dim"))


def notes(texts: Sequence[str]) -> Iterator[RenderableType]:
    """What is wrong with files, one a line."""
    for text in texts:
        yield Text(visible(text), "yellow")


def indent(text: Text, cells: int = 2) -> Paragraph:
    """A text some cells to the right, wrapped lines too."""
    return Paragraph(text, cells)
