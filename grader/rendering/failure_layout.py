"""Layout of the report on a failed check as lines of text: its call, values, hints and the command to try.

Lines are at most WIDTH cells wide and break between words, or between Chinese characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.grading.verdicts.failure_report import FailureReport
from grader.rendering.display_width import cells, pad
from grader.rendering.paragraph import line_ends

WIDTH = 79
"""Maximum width of a line, in terminal cells."""

CLAIM_INDENT, BODY_INDENT = 4, 6
MAX_LABEL = 22
"""The text of a label begins on the same line if the label has at most this many cells, otherwise on the next line."""


class Kind(StrEnum):
    """Kind of a line. The terminal and the card choose the color of a line by its kind.

    CODE is the call, FOUND a difference, TRY the command to try, QUIET a note or detail.
    """

    CLAIM = "claim"
    CODE = "code"
    QUIET = "quiet"
    FOUND = "found"
    HINT = "hint"
    TRY = "try"


@dataclass(frozen=True)
class Line:
    """A line of the report. The text of a line begins with the blanks of its indent."""

    kind: Kind
    text: str


def layout_failure(
    report: FailureReport, claim: str, hints: Sequence[str], command: str, language: str, width: int = WIDTH
) -> list[Line]:
    """Return the lines that are shown below the name of a failed check.

    claim: the claim of the check.
    hints: the hints to show.
    command: the command that repeats the call, or "".
    """
    tr = translator(language)
    rows = [
        (Kind.FOUND, visible(line.label), "\n".join(map(visible, filter(None, (line.text, line.relation)))))
        for line in report.lines
    ]
    rows += [(Kind.HINT, tr("hint"), hint) for hint in hints]
    rows += [(Kind.TRY, tr("try"), command)] if command else []
    lines = [Line(Kind.CLAIM, text) for text in wrap(claim, CLAIM_INDENT, width)]
    lines += [Line(Kind.CODE, " " * BODY_INDENT + visible(line)) for line in report.call]
    if report.calls:
        lines += [Line(Kind.QUIET, text) for text in wrap(f"# {report.calls}", BODY_INDENT, width)]
    if report.call:
        lines.append(Line(Kind.QUIET, ""))
    found = [row for row in rows if row[0] == Kind.FOUND]
    details = [Line(Kind.QUIET, " " * BODY_INDENT + visible(line)) for line in report.details]
    advice = rows[len(found) :]
    column = advice_column = _column(rows)
    if BODY_INDENT + column + 2 + cells(command) > width:  # a command is not wrapped, because people copy it
        advice_column = _column(advice)
    return [*lines, *_table(found, column, width), *details, *_table(advice, advice_column, width)]


def _column(rows: Sequence[tuple[Kind, str, str]]) -> int:
    """Return the width, in cells, of the widest label that has its text on the same line."""
    return max((cells(label) for _, label, _ in rows if cells(label) <= MAX_LABEL), default=0)


def _table(rows: Sequence[tuple[Kind, str, str]], column: int, width: int) -> Iterator[Line]:
    """Yield the lines of rows with a label and a text. All texts begin in the same column."""
    for kind, label, text in rows:
        if not label:
            yield from (Line(kind, line) for line in wrap(text, BODY_INDENT, width))
            continue
        indent = BODY_INDENT + column + 2
        first, *more = wrap(text, indent, width) if kind != Kind.TRY else [" " * indent + text]
        if cells(label) > column:
            yield Line(kind, " " * BODY_INDENT + label)
            yield Line(kind, first)
        else:
            yield Line(kind, " " * BODY_INDENT + pad(label, column) + "  " + first.lstrip())
        yield from (Line(kind, line) for line in more)


def wrap(text: str, indent: int, width: int = WIDTH) -> list[str]:
    """Return a text as indented lines of at most `width` cells. Line breaks in the text are kept."""
    lines = []
    for paragraph in text.splitlines() or [""]:
        ends = [0, *line_ends(paragraph, max(20, width - indent)), len(paragraph)]
        lines += [" " * indent + paragraph[a:b].strip() for a, b in pairwise(ends)]
    return lines
