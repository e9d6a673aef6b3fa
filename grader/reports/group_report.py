"""Report on a group of wrong answers: the first failed check, and its shortest answer compared with the solution.

The code of an answer comes from the journal, is loaded only for the groups that are shown, and is never parsed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path

from grader.course.library import Library
from grader.course.stubs import BEGIN, END
from grader.execution.guest.call_recording.recorded_call import NO_DISPLAY
from grader.grading.results.answer_lookup import Answer, AnswerLookup
from grader.grading.results.run_file import JOURNAL_FILE
from grader.grading.verdicts.failure_report import FailureReport, report_failure
from grader.reports.answer_groups import AnswerGroup, UnexplainedAnswers
from grader.submissions.excerpts import find_function

MAX_GROUPS = 20
"""Maximum number of groups that a report shows."""

MAX_MEMBERS = 25
"""Maximum number of answers of a group among which the shortest one is searched."""

DOCSTRING = re.compile(r"""\s*[rRuU]?("{3}|'{3})""")


@dataclass(frozen=True)
class CodeLine:
    """A line of an answer or a solution with its number; `differs` is true if the other one lacks the line."""

    number: int
    text: str
    differs: bool


@dataclass(frozen=True)
class CodeComparison:
    """An answer and the solution, line by line, without docstrings and empty lines."""

    answer: tuple[CodeLine, ...]
    solution: tuple[CodeLine, ...]
    unified: tuple[tuple[str, str], ...]
    """All lines as (sign, line). The sign is "-" if only the solution has the line, "+" if only the answer has it,
    and " " if both have it."""


@dataclass(frozen=True)
class GroupReport:
    """Report on one group of wrong answers, with the answer of one student as example.

    student: the member of the group whose answer is shown.
    check, claim: the first check that this answer failed, and what the check states.
    failure: the report on that check.
    """

    group: AnswerGroup
    student: str
    check: str
    claim: str
    failure: FailureReport
    code: CodeComparison

    @property
    def function(self) -> str:
        """The function that all answers of the group define."""
        return self.group.function

    @cached_property
    def first_line(self) -> str:
        """The first line of the report on the failed check."""
        lines = [f"{line.label}: {line.text}" if line.label else line.text for line in self.failure.lines]
        return lines[0] if lines else ""


@dataclass(frozen=True)
class UnexplainedReport:
    """The largest groups of a class, and the number of all groups."""

    groups: tuple[GroupReport, ...] = ()
    total: int = 0


def report_unexplained(
    answers: UnexplainedAnswers, folder: Path, library: Library, language: str, functions: Sequence[str] = ()
) -> UnexplainedReport:
    """Return the report on the largest groups; if `functions` is not empty, only on groups of these functions."""
    with AnswerLookup(folder / JOURNAL_FILE) as journal:
        groups = answers.largest(MAX_GROUPS, functions)
        reports = (_report_group(group, answers.students, journal, library, language) for group in groups)
        return UnexplainedReport(tuple(report for report in reports if report), answers.count_groups(functions))


def _report_group(
    group: AnswerGroup, students: Sequence[str], journal: AnswerLookup, library: Library, language: str
) -> GroupReport | None:
    """Return the report on a group; None if the course lacks the function, or if the journal lacks the answers."""
    exercise = library.course.exercise_of.get(group.function)
    members = (journal.find(students[n], group.function, group.fingerprint) for n in group.students[:MAX_MEMBERS])
    answers = [answer for answer in members if answer]
    if not exercise or not answers:
        return None
    shortest = min(answers, key=_code_length)
    failed = shortest.first_failed
    claims = {check.name: check.claim.in_(language) for check in exercise.checks_of(group.function)}
    return GroupReport(
        group,
        shortest.student,
        failed.name,
        claims.get(failed.name, ""),
        report_failure(failed, shortest.displays.get(failed.name, NO_DISPLAY), language),
        compare_code(shortest.source, library.exercise_files[exercise.name].solution, group.function),
    )


def _code_length(answer: Answer) -> tuple[bool, int]:
    """Return a sort key: answers with shorter code come first, answers whose code is not found last."""
    lines = numbered_lines(answer.source, answer.entry.function)
    return not lines, sum(len(text) for _, text in lines)


def compare_code(answer: str, solution: str, function: str) -> CodeComparison:
    """Compare the lines of a function in an answer and in the solution."""
    of_solution, of_answer = numbered_lines(solution, function), numbered_lines(answer, function)
    texts_of_solution, texts_of_answer = ([text for _, text in lines] for lines in (of_solution, of_answer))
    matcher = SequenceMatcher(None, texts_of_solution, texts_of_answer, autojunk=False)
    unified: list[tuple[str, str]] = []
    equal: tuple[set[int], set[int]] = set(), set()
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            unified += [(" ", text) for text in texts_of_solution[a:b]]
            equal[0].update(range(a, b))
            equal[1].update(range(c, d))
        else:
            unified += [("-", text) for text in texts_of_solution[a:b]] + [("+", text) for text in texts_of_answer[c:d]]
    return CodeComparison(_code_lines(of_answer, equal[1]), _code_lines(of_solution, equal[0]), tuple(unified))


def _code_lines(lines: Sequence[tuple[int, str]], equal: Collection[int]) -> tuple[CodeLine, ...]:
    return tuple(CodeLine(number, text, place not in equal) for place, (number, text) in enumerate(lines))


def numbered_lines(source: str, function: str) -> list[tuple[int, str]]:
    """Return the lines of a function with their numbers, without docstring, empty lines and solution marks."""
    excerpt = find_function(source, function)
    lines = enumerate(excerpt.lines, excerpt.first) if excerpt else iter(())
    shown = ((number, text.rstrip()) for number, text in lines)
    return [*_without_docstring((number, text) for number, text in shown if text.strip() not in ("", BEGIN, END))]


def _without_docstring(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a function without a docstring in triple quotes below the line that ends with a colon."""
    for number, text in lines:
        yield number, text
        if text.endswith(":"):
            break
    for number, text in lines:
        opening = DOCSTRING.match(text)
        if opening is None:
            yield number, text
        elif opening[1] not in text[opening.end() :]:
            next((number for number, text in lines if opening[1] in text), None)
        break
    yield from lines
