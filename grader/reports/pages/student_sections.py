"""The parts of a student's page that others share: a function with its claims, a file. Each is rendered once.

Students who passed a function, or made the same mistake in it, see the same section.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec
from jinja2 import Environment
from markupsafe import Markup

from grader.course.library import Library
from grader.execution.guest.recorded_call import CheckDisplay
from grader.grading.policy.visibility import Seen, split_hints
from grader.grading.verdicts.entry import Attachments
from grader.grading.verdicts.failure_report import detail_lines
from grader.grading.verdicts.pictures import Picture
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.pages.code_lines import Piece, runs
from grader.reports.pages.student_totals import kind
from grader.submissions.excerpts import Excerpt, display_lines, find_error_line, find_function

LONGEST = 3000
"""Lines of a file that is shown whole; of a longer one the functions are shown."""
FUNCTIONS, FILES = 512, 64
"""Sections and files that are kept for the next student: a few megabytes."""


@dataclass(frozen=True)
class CheckSection:
    """One check: what was found, line by line, and the hints that belong to it."""

    check: CheckRecord
    lines: list[str]
    hints: list[str]
    picture: Picture | None = None
    details: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Function:
    """One function: its record, its claims, and the message and hints of all that failed, where they are the same."""

    record: FunctionRecord
    kind: str
    note: list[str]
    hints: list[str]
    claims: list[CheckSection]
    code: list[Piece] = field(default_factory=list)
    cut: bool = False


@dataclass(frozen=True)
class Section:
    """What a page shows of one function: the section itself, up to its last line, and a chip that leads to it."""

    function: str
    kind: str
    chip: Markup
    body: Markup


class Sections:
    """Renders functions and files, in one language, as the policy lets students see them."""

    def __init__(self, environment: Environment, library: Library, seen: Seen, language: str) -> None:
        self._library, self._seen, self._language = library, seen, language
        self._chip, self._body = environment.get_template("chip.html"), environment.get_template("function.html")
        self._whole = environment.get_template("file.html")
        self._function = lru_cache(maxsize=FUNCTIONS)(self._render_function)
        self.file = lru_cache(maxsize=FILES)(self._render_file)

    def function(self, record: FunctionRecord, attachments: Attachments) -> Section:
        """One function, as everybody sees it who has the same verdicts and the same code."""
        excerpt = find_function(attachments.source, record.function) if record.outcome != "passed" else None
        lines = tuple(_lines_in(record, attachments.source)) if excerpt else ()
        # Tuples, by which the same is found again.
        nobody = msgspec.structs.replace(
            record, student="", seconds=0.0, mistakes=tuple(record.mistakes), checks=tuple(record.checks)
        )
        pictures, displays = tuple(attachments.pictures.items()), tuple(attachments.displays.items())
        return self._function(nobody, excerpt, lines, pictures, displays)

    def _render_function(
        self,
        raw: FunctionRecord,
        excerpt: Excerpt | None,
        lines: tuple[tuple[str, int], ...],
        pictures: tuple[tuple[str, Picture], ...],
        displays: tuple[tuple[str, CheckDisplay], ...],
    ) -> Section:
        known = [self._library.mistakes[mistake] for mistake in raw.mistakes if mistake in self._library.mistakes]
        hints = [mistake.hint.in_(self._language) for mistake in known]
        details = self._details(raw, dict(displays))
        function = _function(raw, self._seen(raw), excerpt, dict(lines), dict(pictures), hints, details)
        chip, body = self._chip.render(function=function), self._body.render(function=function)
        return Section(raw.function, function.kind, Markup(chip), Markup(body))  # rendered by templates that escape

    def _details(self, record: FunctionRecord, displays: Mapping[str, CheckDisplay]) -> dict[str, list[str]]:
        """The lines about exceptions and changed arguments, by check."""
        raised = record.outcome == "raised"
        return {
            check.name: list(detail_lines(displays[check.name], check.message, raised, self._language))
            for check in record.checks
            if check.name in displays
        }

    def _render_file(self, name: str, source: str, marked: tuple[tuple[str, str], ...]) -> Markup:
        """One file, whole when it is not too long; `marked` are functions that stand out, each with how."""
        lines = display_lines(source.rstrip("\n"))
        marks = [""] * len(lines)
        for function, mark in marked:
            if excerpt := find_function(source, function):
                last = min(excerpt.last, len(lines))
                marks[excerpt.first - 1 : last] = [mark] * (last - excerpt.first + 1)
        pieces = runs(1, lines, marks) if len(lines) <= LONGEST else []
        return Markup(self._whole.render(name=name, lines=len(lines), pieces=pieces))


def _function(
    raw: FunctionRecord,
    record: FunctionRecord,
    excerpt: Excerpt | None,
    lines: Mapping[str, int],
    pictures: Mapping[str, Picture],
    known: list[str],
    details: Mapping[str, list[str]],
) -> Function:
    """What the template shows of a record, of which a student may see `record`."""
    whole = {check.name: check.message for check in raw.checks}
    uncut = {check.name for check in record.checks if whole.get(check.name) == check.message}
    claims = [
        # What was cut out of a message must not come back in a picture.
        CheckSection(
            check,
            *_parted(check.message, known),
            pictures.get(check.name) if check.name in uncut else None,
            details.get(check.name, []) if check.name in uncut else [],
        )
        for check in record.checks
    ]
    failed = [claim for claim in claims if not claim.check.passed]
    alike = len({check.message for check in raw.checks if not check.passed}) == 1
    note = _shared([claim.lines for claim in failed], alike)
    hints = _shared([claim.hints for claim in failed], alike)
    rest = [
        CheckSection(c.check, [] if note else c.lines, [] if hints else c.hints, c.picture, c.details) for c in claims
    ]
    wrong = {line for check, line in lines.items() if check in uncut}
    code = _pieces(excerpt, wrong) if excerpt else []
    return Function(record, kind(raw), note, hints, rest, code, cut=excerpt is not None and excerpt.cut)


def _shared(texts: Sequence[list[str]], alike: bool) -> list[str]:
    """What several checks say alike, to be said once; `alike` when they all do, though some may not be shown."""
    said = [text for text in texts if text]
    same = bool(said) and len(texts) > 1 and all(text == said[0] for text in said)
    return said[0] if same and (alike or len(said) == len(texts)) else []


def _parted(message: str, known: list[str]) -> tuple[list[str], list[str]]:
    """Part the message from the hints at its end."""
    text, hints = split_hints(message, known)
    return text.split("\n") if text else [], hints


def _lines_in(record: FunctionRecord, source: str) -> list[tuple[str, int]]:
    """The lines of the source that failed checks name, by check."""
    found = ((check.name, find_error_line(check.message, source)) for check in record.checks if not check.passed)
    return [(name, line) for name, line in found if line is not None]


def _pieces(excerpt: Excerpt, wrong: set[int]) -> list[Piece]:
    """The lines of a function; those that an error names stand out."""
    marks = ["here" if number in wrong else "" for number in range(excerpt.first, excerpt.last + 1)]
    return runs(excerpt.first, excerpt.lines, marks)
