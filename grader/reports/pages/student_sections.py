"""Render the sections of a student's page that pages of other students may contain, too: functions and files.

Each section is rendered once and cached. Students with equal verdicts on equal code get the same section.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from jinja2 import Environment
from markupsafe import Markup

from grader.core.byte_cache import cached_in_bytes, text_size
from grader.core.language import translator
from grader.course.library import Library
from grader.execution.guest.call_recording.recorded_call import CheckDisplay
from grader.grading.policy.hidden_check_visibility import SET_BY_HAND, RecordFilter, split_hints
from grader.grading.verdicts.entry import Attachments
from grader.grading.verdicts.failure_report import detail_lines
from grader.grading.verdicts.pictures import Picture
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.pages.code_lines import CodePiece, group_lines
from grader.reports.pages.student_totals import result_kind
from grader.submissions.excerpts import Excerpt, display_lines, find_error_line, find_function

MAX_LINES = 3000
"""A file with more lines is not shown as a whole; its functions are still shown."""
FUNCTIONS_LIMIT = FILES_LIMIT = 16 << 20
"""Maximum size, in bytes, of the cache of rendered functions, and of the cache of rendered files."""

SECTION_TIMES = 4
"""In memory, a rendered function with record, code and pictures takes about this many times the length of its HTML."""


@dataclass(frozen=True)
class CheckSection:
    """One check with the parts that the page shows.

    lines: the message without hints.
    details: lines about exceptions and changed arguments.
    same_as: name of an earlier check with the same message; `lines` and `details` are empty then.
    """

    check: CheckRecord
    lines: list[str]
    hints: list[str]
    picture: Picture | None = None
    details: list[str] = field(default_factory=list)
    same_as: str = ""


@dataclass(frozen=True)
class FunctionContent:
    """Content of the section of one function.

    `shared_message` and `shared_hints` belong to all failed checks, so `claims` do not repeat them. An ungraded
    function has no claims; its `shared_message` says why it is ungraded.
    `is_cut` is true if `code` lacks the end of a long function.
    """

    record: FunctionRecord
    kind: str
    shared_message: list[str]
    shared_hints: list[str]
    claims: list[CheckSection]
    code: list[CodePiece] = field(default_factory=list)
    is_cut: bool = False

    @property
    def is_decided(self) -> bool:
        """True if a person set the score of the function."""
        return any(claim.check.name == SET_BY_HAND for claim in self.claims)


@dataclass(frozen=True)
class RenderedFunction:
    """One function as HTML: `body` is its section without the end tag, `chip` is a link to the section."""

    function: str
    kind: str
    chip: Markup
    body: Markup


class SectionRenderer:
    """Renders functions and files in one language; `record_filter` removes what the policy hides from students."""

    def __init__(self, environment: Environment, library: Library, record_filter: RecordFilter, language: str) -> None:
        self._library, self._record_filter, self.language = library, record_filter, language
        self._chip_template = environment.get_template("chip.html")
        self._function_template = environment.get_template("function.html")
        self._file_template = environment.get_template("file.html")
        self._render_once = cached_in_bytes(FUNCTIONS_LIMIT, _section_size)(self._render_function)
        self.file = cached_in_bytes(FILES_LIMIT, text_size)(self._render_file)

    def function(self, record: FunctionRecord, attachments: Attachments) -> RenderedFunction:
        """Return the rendered section of a function; it is rendered once for all equal verdicts on equal code."""
        excerpt = find_function(attachments.source, record.function) if record.outcome != "passed" else None
        lines = tuple(_error_lines(record, attachments.source)) if excerpt else ()
        # Tuples, because a cache key must be hashable.
        anonymous = msgspec.structs.replace(
            record,
            student="",
            seconds=0.0,
            mistakes=tuple(record.mistakes),
            checks=tuple(record.checks),
            other_files=(),
        )
        pictures, displays = tuple(attachments.pictures.items()), tuple(attachments.displays.items())
        return self._render_once(anonymous, excerpt, lines, pictures, displays)

    def _render_function(
        self,
        full_record: FunctionRecord,
        excerpt: Excerpt | None,
        lines: tuple[tuple[str, int], ...],
        pictures: tuple[tuple[str, Picture], ...],
        displays: tuple[tuple[str, CheckDisplay], ...],
    ) -> RenderedFunction:
        known = self._library.mistakes
        hints = [known[mistake].hint.in_(self.language) for mistake in full_record.mistakes if mistake in known]
        details, record = self._details(full_record, dict(displays)), self._record_filter(full_record)
        if result_kind(full_record) == "untouched":
            function = _untouched_content(record, self.language)
        else:
            function = _make_content(full_record, record, excerpt, dict(lines), dict(pictures), hints, details)
        chip, body = self._chip_template.render(function=function), self._function_template.render(function=function)
        # The templates have escaped both texts.
        return RenderedFunction(full_record.function, function.kind, Markup(chip), Markup(body))

    def _details(self, record: FunctionRecord, displays: Mapping[str, CheckDisplay]) -> dict[str, list[str]]:
        """Return the lines about exceptions and changed arguments, by check."""
        raised = record.outcome == "raised"
        return {
            check.name: list(detail_lines(displays[check.name], check.message, raised, self.language))
            for check in record.checks
            if check.name in displays
        }

    def _render_file(self, name: str, source: str, marked: tuple[tuple[str, str], ...]) -> Markup:
        """Return a file as HTML; of a file with more than MAX_LINES lines, return only a note.

        `marked` holds (function, CSS class) for each function to mark.
        """
        lines = display_lines(source.rstrip("\n"))
        marks = [""] * len(lines)
        for function, mark in marked:
            if excerpt := find_function(source, function):
                last = min(excerpt.last, len(lines))
                marks[excerpt.first - 1 : last] = [mark] * (last - excerpt.first + 1)
        pieces = group_lines(1, lines, marks) if len(lines) <= MAX_LINES else []
        return Markup(self._file_template.render(name=name, lines=len(lines), pieces=pieces))


def _section_size(part: object) -> int:
    return SECTION_TIMES * (len(part.chip) + len(part.body)) if isinstance(part, RenderedFunction) else 0


def _untouched_content(record: FunctionRecord, language: str) -> FunctionContent:
    """Return the content for a function that was not started: a message only if it says more than "not started"."""
    message = next((check.message for check in record.checks if check.message), "")
    is_plain = message in ("", translator(language)("not started"))
    return FunctionContent(record, "untouched", [] if is_plain else message.split("\n"), [], [])


def _make_content(
    full_record: FunctionRecord,
    record: FunctionRecord,
    excerpt: Excerpt | None,
    lines: Mapping[str, int],
    pictures: Mapping[str, Picture],
    hint_texts: list[str],
    details: Mapping[str, list[str]],
) -> FunctionContent:
    """Return the content for a function.

    `record` is `full_record` without the parts that the policy hides from students.
    """
    if full_record.score is None:
        message = next((check.message for check in record.checks if check.message), "")
        code = _mark_lines(excerpt, set()) if excerpt else []
        return FunctionContent(record, result_kind(full_record), message.split("\n"), [], [], code)
    full_messages = {check.name: check.message for check in full_record.checks}
    complete_checks = {check.name for check in record.checks if full_messages.get(check.name) == check.message}
    claims = [
        # If the policy hides a part of the message, the picture and the details could reveal that part.
        CheckSection(
            check,
            *_split_message(check.message, hint_texts),
            pictures.get(check.name) if check.name in complete_checks else None,
            details.get(check.name, []) if check.name in complete_checks else [],
        )
        for check in record.checks
    ]
    failed = [claim for claim in claims if not claim.check.passed]
    all_failed_alike = len({check.message for check in full_record.checks if not check.passed}) == 1
    shared_message = _common_lines([claim.lines for claim in failed], all_failed_alike)
    hints = _common_lines([claim.hints for claim in failed], all_failed_alike)
    remaining_claims = [
        CheckSection(c.check, [] if shared_message else c.lines, [] if hints else c.hints, c.picture, c.details)
        for c in claims
    ]
    error_lines = {line for check, line in lines.items() if check in complete_checks}
    code = _mark_lines(excerpt, error_lines) if excerpt else []
    return FunctionContent(
        record,
        result_kind(full_record),
        shared_message,
        hints,
        _without_repetitions(remaining_claims),
        code,
        is_cut=excerpt is not None and excerpt.cut,
    )


def _without_repetitions(claims: Sequence[CheckSection]) -> list[CheckSection]:
    """Return the checks without repeated hints; a check with the message of an earlier check refers to that check."""
    first_with: dict[tuple[str, ...], str] = {}
    shown_hints: set[str] = set()
    remaining = []
    for claim in claims:
        first = first_with.setdefault(tuple(claim.lines), claim.check.name) if claim.lines else claim.check.name
        new_hints = [hint for hint in claim.hints if hint not in shown_hints]
        shown_hints.update(new_hints)
        repeats = first != claim.check.name
        remaining.append(
            replace(
                claim,
                lines=[] if repeats else claim.lines,
                details=[] if repeats else claim.details,
                hints=new_hints,
                same_as=first if repeats else "",
            )
        )
    return remaining


def _common_lines(texts: Sequence[list[str]], all_failed_alike: bool) -> list[str]:
    """Return the lines that all failed checks share, or an empty list.

    `all_failed_alike` is true if all failed checks have the same message before the policy hides some messages. If so,
    the checks whose message is hidden are ignored.
    """
    shown = [text for text in texts if text]
    all_equal = bool(shown) and len(texts) > 1 and all(text == shown[0] for text in shown)
    return shown[0] if all_equal and (all_failed_alike or len(shown) == len(texts)) else []


def _split_message(message: str, hint_texts: list[str]) -> tuple[list[str], list[str]]:
    """Split a message into its lines and the hints at its end."""
    text, hints = split_hints(message, hint_texts)
    return text.split("\n") if text else [], hints


def _error_lines(record: FunctionRecord, source: str) -> list[tuple[str, int]]:
    """Return each failed check whose message names a line of the source, with the number of this line."""
    found = ((check.name, find_error_line(check.message, source)) for check in record.checks if not check.passed)
    return [(name, line) for name, line in found if line is not None]


def _mark_lines(excerpt: Excerpt, error_lines: set[int]) -> list[CodePiece]:
    """Return the lines of a function, cut into marked pieces (lines that an error names) and unmarked pieces."""
    marks = ["here" if number in error_lines else "" for number in range(excerpt.first, excerpt.last + 1)]
    return group_lines(excerpt.first, excerpt.lines, marks)
