"""Content of the class page: students who need review, the scores, each function with its misconceptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.course.exercise import Course
from grader.course.library import Library
from grader.grading.policy.policy import policy_from_run
from grader.reports.answer_groups import AnswerGroup
from grader.reports.group_report import CodeLine, GroupReport, UnexplainedReport
from grader.reports.pages.charts.discrimination import group_by_discrimination
from grader.reports.pages.charts.misconceptions import find_pairs, most_common
from grader.reports.pages.charts.submission_times import lay_out_times
from grader.reports.pages.charts.totals import lay_out_totals
from grader.reports.pages.check_statistics import TAIL_SHARE, ScoreStatistics
from grader.reports.pages.class_tally import (
    LETTERS,
    MAX_NAMED,
    PARTLY_OFFSET,
    FunctionColumn,
    Misconception,
    StudentRow,
    Tally,
)
from grader.reports.pages.code_lines import CodePiece
from grader.reports.pages.page_words import kind_words, script_words
from grader.reports.pages.review_groups import (
    ReviewGroup,
    cause_advice,
    cause_commands,
    cause_titles,
    name_functions,
    results_in_command,
)
from grader.reports.pages.student_marks import mark_bits, mark_words
from grader.reports.pages.student_totals import KINDS

MAX_LINKS_WITHOUT_SCRIPT = 1000
"""In a class of at most this number of students, the page links all of them for browsers without scripts."""


@dataclass(frozen=True)
class FunctionStatistics:
    """Statistics of one function over the class."""

    column: FunctionColumn
    item: ScoreStatistics
    mistakes: Sequence[Misconception]

    @property
    def function(self) -> str:
        """The name of the function; it is also the anchor of the function on the page."""
        return self.column.function

    @property
    def parts(self) -> list[tuple[str, int, float]]:
        """Each result kind that occurs, its number of students, and their share in percent."""
        counts, everybody = self.column.counts, self.column.counts.total()
        return [(kind, counts[kind], 100 * counts[kind] / everybody) for kind in KINDS if counts[kind]]


@dataclass(frozen=True)
class ReviewLine:
    """One student who needs review: the row of the student, and each reason with its functions as a short text."""

    row: StudentRow
    reasons: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ReviewCard:
    """All students who need review for one cause, with a title, the first students, advice and commands."""

    group: ReviewGroup
    title: str
    lines: Sequence[ReviewLine]
    advice: str
    commands: Sequence[str]


@dataclass(frozen=True)
class GroupOnPage:
    """A group of wrong answers that no known mistake explains, with the lines of one answer and of the solution."""

    report: GroupReport
    answer: Sequence[CodePiece]
    solution: Sequence[CodePiece]

    @property
    def filter(self) -> str:
        """The name by which the script of the page finds the students of the group."""
        return group_filter(self.report.group)


def group_filter(group: AnswerGroup) -> str:
    """Return the name by which the script of the page finds the students of a group."""
    return f"answers:{group.function}:{group.fingerprint}"


def class_facts(
    tally: Tally,
    unexplained: UnexplainedReport,
    library: Library,
    language: str,
    run: Mapping[str, Any],
    folder: Path,
) -> dict[str, Any]:
    """Return the values that the template of the class page needs; `folder` is the results folder."""
    items, suspects = tally.analysis()
    tr = translator(language)
    numbers = [
        FunctionStatistics(column, items[function], tally.mistakes_of(function))
        for function, column in tally.columns.items()
    ]
    hints = {id: library.mistakes[id].hint.in_(language) for id in tally.mistakes if id in library.mistakes}
    return {
        "tally": tally,
        "unfinished": _unfinished(results_in_command(folder, run), run, tr),
        "reviewed": sum("needs_review" in row.marks for row in tally.rows),
        "reviews": _review_cards(tally, results_in_command(folder, run), tr),
        **_score_facts(tally),
        "times": lay_out_times(tally.times, policy_from_run(run)),
        "numbers": numbers,
        "discrimination": group_by_discrimination([(one.function, one.item) for one in numbers], tr),
        "suspects": suspects,
        "hidden": _hidden_checks(library.course),
        "tail": int(100 * TAIL_SHARE),
        "hints": hints,
        "common": most_common({id: len(one) for id, one in tally.mistakes.items()}, len(tally.rows)),
        "pairs": find_pairs({id: one.students for id, one in tally.mistakes.items()}, len(tally.rows) - tally.missing),
        "unexplained": [_group_on_page(report) for report in unexplained.groups],
        "more_groups": unexplained.total - len(unexplained.groups),
        "named": MAX_NAMED,
        "without_script": tally.rows if len(tally.rows) <= MAX_LINKS_WITHOUT_SCRIPT else [],
        "data": page_data(tally, [report.group for report in unexplained.groups], language),
    }


def _unfinished(results: str, run: Mapping[str, Any], tr: Callable[[str], str]) -> str:
    """Return a warning that the run did not finish, with the command that finishes it; empty if it did finish."""
    if "not_graded" not in run:
        return ""
    if run["not_graded"] is None:
        text = tr(
            "The run did not finish. Submissions may be missing on this page. To grade the whole class: {command}"
        )
    else:
        text = tr(
            "The run did not finish. Submissions that are not graded yet: {count}. To grade the whole class: {command}"
        )
    return text.format(count=run["not_graded"], command=f"grader regrade {results}")


def _score_facts(tally: Tally) -> dict[str, Any]:
    shares = [row.score / row.maximum if row.maximum else 0.0 for row in tally.rows if row.score is not None]
    ungraded = sum(row.score is None and not row.is_missing for row in tally.rows)
    missing = sum(row.score is None and row.is_missing for row in tally.rows)
    return {
        "totals": lay_out_totals(shares, ungraded, missing),
        "without_total": ungraded,
        "missing": missing,
        "mean": sum(shares) / len(shares) if shares else None,
        "median": _median(shares),
    }


def _review_cards(tally: Tally, results: str, tr: Callable[[str], str]) -> list[ReviewCard]:
    """Return a card for each cause of a review; a card names the first MAX_NAMED students."""
    titles, advice, by_exercise = cause_titles(tr), cause_advice(tr), tally.functions_by_exercise
    cards = []
    for group in tally.reviews.groups:
        lines = [
            ReviewLine(
                tally.rows[review.number],
                [(reason, name_functions(names, by_exercise, tr)) for reason, names in review.reasons.items()],
            )
            for review in group.reviews[:MAX_NAMED]
        ]
        student = lines[0].row.student if len(group) == 1 else ""
        commands = cause_commands(group, results, student)
        cards.append(ReviewCard(group, titles[group.cause], lines, advice[group.cause], commands))
    return cards


def _group_on_page(report: GroupReport) -> GroupOnPage:
    return GroupOnPage(report, _code_pieces(report.code.answer), _code_pieces(report.code.solution))


def _code_pieces(lines: Sequence[CodeLine]) -> list[CodePiece]:
    """Split code into pieces of consecutive lines: in each piece, all lines are marked as different, or none is."""
    runs = groupby(enumerate(lines), key=lambda item: (item[1].number - item[0], item[1].differs))
    pieces = [([line for _, line in run], differs) for (_, differs), run in runs]
    return [
        CodePiece(p[0].number, "\n".join(line.text for line in p), "here" if differs else "") for p, differs in pieces
    ]


def _median(shares: Sequence[float]) -> float | None:
    ordered, half = sorted(shares), len(shares) // 2
    return (ordered[half] + ordered[-half - 1]) / 2 if ordered else None


def _hidden_checks(course: Course) -> set[tuple[str, str]]:
    return {(check.function, check.name) for e in course.exercises for check in e.checks if check.hidden}


def page_data(tally: Tally, answers: Sequence[AnswerGroup], language: str) -> Markup:
    """Return the data from which the script of the page lists students, as JSON that is safe inside a script element.

    The row of a student is [id, name, page, score, maximum, cells (`class_tally.LETTERS`), marks
    (`student_marks.mark_bits`)].
    """
    tr = translator(language)
    groups = {visible(f"mistake:{id}"): list(mistakes.students) for id, mistakes in tally.mistakes.items()}
    groups |= {visible(group_filter(group)): list(group.students) for group in answers}
    groups |= {f"need:{group.cause}": list(group.students) for group in tally.reviews.groups}
    facts = {
        "functions": [visible(function) for function in tally.columns],
        "letters": {letter: kind for kind, letter in LETTERS.items()},
        "partly": PARTLY_OFFSET,
        "kinds": kind_words(tr),
        "words": script_words(tr),
        "marks": list(mark_words(tr).values()),
        "groups": groups,
        "rows": [
            [
                visible(row.student),
                visible(row.name),
                row.page.partition("/")[2].removesuffix(".html"),
                row.score,
                row.maximum,
                row.cells,
                mark_bits(row.marks),
            ]
            for row in tally.rows
        ],
    }
    return json_for_script(facts)


def json_for_script(facts: Mapping[str, Any]) -> Markup:
    """Return JSON in which no text can end the script element."""
    text = msgspec.json.encode(facts).decode()
    # Without these characters no text can end the script element or be read as HTML.
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
