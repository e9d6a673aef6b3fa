"""Content of the class page: what needs review, the scores, each function with its misconceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import msgspec
from markupsafe import Markup

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.course.exercise import Course
from grader.course.library import Library
from grader.reports.answer_groups import AnswerGroup
from grader.reports.group_report import CodeLine, GroupReport, UnexplainedReport
from grader.reports.pages.class_tally import LETTERS, MAX_NAMED, PARTLY_OFFSET, FunctionColumn, Misconception, Tally
from grader.reports.pages.code_lines import CodePiece
from grader.reports.pages.item_analysis import TAIL_SHARE, ItemStatistics
from grader.reports.pages.page_words import kind_words, script_words
from grader.reports.pages.student_totals import KINDS

NUMBER_OF_BINS = 10
MAX_COMMON = 5
"""Misconceptions listed for the whole class."""
MAX_LINKS_WITHOUT_SCRIPT = 1000
"""Largest class whose students are all linked for browsers that run no script; a larger class is not listed there."""
WEAK_CORRELATION = 0.2
"""Below this correlation a function hardly separates strong from weak students, by the usual rule of thumb."""


@dataclass(frozen=True)
class FunctionStatistics:
    """Statistics of one function over the class."""

    column: FunctionColumn
    item: ItemStatistics
    mistakes: Sequence[Misconception]

    @property
    def function(self) -> str:
        """The name of the function, under which the page links to it."""
        return self.column.function

    @property
    def parts(self) -> list[tuple[str, int, float]]:
        """Each result kind that occurs, its number of students, and their share in percent."""
        counts, everybody = self.column.counts, self.column.counts.total()
        return [(kind, counts[kind], 100 * counts[kind] / everybody) for kind in KINDS if counts[kind]]

    @property
    def is_weak(self) -> bool:
        """True if the function hardly separates strong from weak students."""
        return self.item.item_rest is not None and self.item.item_rest < WEAK_CORRELATION


@dataclass(frozen=True)
class GroupOnPage:
    """A group of wrong answers that no known mistake explains, with the answer and the solution in pieces."""

    report: GroupReport
    answer: Sequence[CodePiece]
    solution: Sequence[CodePiece]

    @property
    def filter(self) -> str:
        """The name under which the script of the page finds the students of the group."""
        return group_filter(self.report.group)


def group_filter(group: AnswerGroup) -> str:
    """Return the name under which the script of the page finds the students of a group."""
    return f"answers:{group.function}:{group.fingerprint}"


def class_facts(tally: Tally, unexplained: UnexplainedReport, library: Library, language: str) -> dict[str, Any]:
    """Return the values that the template of the class page needs."""
    items, suspects = tally.analysis()
    numbers = [
        FunctionStatistics(column, items[function], tally.mistakes_of(function))
        for function, column in tally.columns.items()
    ]
    mistakes = [mistake for function in numbers for mistake in function.mistakes]
    shares = [row.score / row.maximum if row.maximum else 0.0 for row in tally.rows if row.score is not None]
    hints = {id: library.mistakes[id].hint.in_(language) for id in tally.mistakes if id in library.mistakes}
    return {
        "tally": tally,
        "needs": tally.needs,
        "bins": histogram(shares),
        "without_total": sum(row.score is None and not row.is_missing for row in tally.rows),
        "missing": sum(row.score is None and row.is_missing for row in tally.rows),
        "mean": sum(shares) / len(shares) if shares else None,
        "median": _median(shares),
        "numbers": numbers,
        "suspects": suspects,
        "hidden": _hidden_checks(library.course),
        "tail": int(100 * TAIL_SHARE),
        "hints": hints,
        "common": sorted(mistakes, key=lambda m: -len(m))[:MAX_COMMON],
        "unexplained": [_group_on_page(report) for report in unexplained.groups],
        "more_groups": unexplained.total - len(unexplained.groups),
        "named": MAX_NAMED,
        "without_script": tally.rows if len(tally.rows) <= MAX_LINKS_WITHOUT_SCRIPT else [],
        "data": page_data(tally, [report.group for report in unexplained.groups], language),
    }


def _group_on_page(report: GroupReport) -> GroupOnPage:
    return GroupOnPage(report, _code_pieces(report.code.answer), _code_pieces(report.code.solution))


def _code_pieces(lines: Sequence[CodeLine]) -> list[CodePiece]:
    """Return consecutive lines with the same mark as one piece."""
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


def histogram(shares: Sequence[float]) -> list[tuple[str, int, float]]:
    """Return ten bins: range in percent, number of students, height of the bar in percent of the highest."""
    counts = Counter(min(int(share * NUMBER_OF_BINS + 1e-9), NUMBER_OF_BINS - 1) for share in shares)
    highest = max(counts.values(), default=1)
    edges = [100 * edge // NUMBER_OF_BINS for edge in range(NUMBER_OF_BINS + 1)]
    names = [f"{low}\N{EN DASH}{high}" for low, high in pairwise(edges)]
    return [(name, counts[number], 100 * counts[number] / highest) for number, name in enumerate(names)]


def page_data(tally: Tally, answers: Sequence[AnswerGroup], language: str) -> Markup:
    """Return what the script of the page needs to list students, as JSON that is safe inside a script element.

    A row is [id, name, page, score, maximum, cells, flags (1: needs review, 2: late, 4: fixed)].
    """
    tr = translator(language)
    groups = {visible(f"mistake:{id}"): list(mistakes.students) for id, mistakes in tally.mistakes.items()}
    groups |= {visible(group_filter(group)): list(group.students) for group in answers}
    groups |= {f"need:{place}": list(need.students) for place, need in enumerate(tally.needs)}
    facts = {
        "functions": [visible(function) for function in tally.columns],
        "letters": {letter: kind for kind, letter in LETTERS.items()},
        "partly": PARTLY_OFFSET,
        "kinds": kind_words(tr),
        "words": script_words(tr),
        "groups": groups,
        "rows": [
            [
                visible(row.student),
                visible(row.name),
                row.page.partition("/")[2].removesuffix(".html"),
                row.score,
                row.maximum,
                row.cells,
                row.needs_review + 2 * row.late + 4 * row.fixed,
            ]
            for row in tally.rows
        ],
    }
    return json_for_script(facts)


def json_for_script(facts: Mapping[str, Any]) -> Markup:
    """Return JSON in which no text can end the script element."""
    text = msgspec.json.encode(facts).decode()
    return Markup(
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    )  # the text is escaped already
