"""Lay out the groups of unexplained wrong answers for a terminal, in lines of at most 79 cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.rendering.failure_layout import BODY_INDENT, Kind, layout_failure, wrap
from grader.reports.group_report import CodeComparison, GroupReport
from grader.submissions.people import display_name
from grader.submissions.submission import SubmissionMetadata

MAX_NAMED = 6
"""Maximum number of students of a group who are named."""

STYLES = {Kind.CODE: "cyan", Kind.QUIET: "dim"}
CODE_STYLES = {"+": "red", "-": "green", " ": ""}


def group_lines(
    report: GroupReport, students: Sequence[str], people: Mapping[str, SubmissionMetadata], language: str
) -> Iterator[RenderableType]:
    """Yield the lines about a group.

    `students` are the ids of all students of the class, as in `UnexplainedAnswers.students`.
    """
    tr, members = translator(language), report.group.students
    count = tr("students: {number}").format(number=len(members))
    yield Text.assemble((f"\n{visible(report.function)}", "bold"), f"  {count}")
    names = ", ".join(visible(display_name(students[n], people)) for n in members[:MAX_NAMED])
    if (more := len(members) - MAX_NAMED) > 0:
        names += " " + tr("and {number} more").format(number=more)
    yield from (Text(line, "dim") for line in wrap(names, 2))
    for line in layout_failure(report.failure, report.claim, (), "", language):
        yield Text(line.text, STYLES.get(line.kind, ""))
    yield from code_lines(report.code, language)


def code_lines(code: CodeComparison, language: str) -> Iterator[Text]:
    """Yield a line that explains the signs + and -, then the lines of the answer and the solution."""
    tr = translator(language)
    if code.answer:
        yield Text(" " * BODY_INDENT + tr("+ only in the answer, - only in the solution"), "dim")
    for sign, line in code.unified if code.answer else ():
        yield Text(f"{' ' * BODY_INDENT}{sign} {visible(line.expandtabs(4))}".rstrip(), CODE_STYLES[sign])
