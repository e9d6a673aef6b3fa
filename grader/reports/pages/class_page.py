"""The facts of the class page: what needs review, the scores, each function with its misconceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec
from markupsafe import Markup

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.course.exercise import Course
from grader.course.library import Library
from grader.reports.pages.class_tally import LETTERS, NAMED, PARTLY, Column, Misconception, Tally
from grader.reports.pages.item_analysis import TAIL, Item
from grader.reports.pages.page_words import kind_words, script_words
from grader.reports.pages.student_totals import KINDS

BINS = 10
COMMON = 5
"""Misconceptions named for the whole class."""
WITHOUT_SCRIPT = 1000
"""Students who are linked even where no script runs."""
WEAK = 0.2
"""Below this a function hardly parts those who can from those who cannot, by the usual rule of thumb."""


@dataclass(frozen=True)
class Numbers:
    """One function over the whole class; faults of the grader count for nothing."""

    column: Column
    item: Item
    mistakes: Sequence[Misconception]

    @property
    def function(self) -> str:
        """The function."""
        return self.column.function

    @property
    def pass_rate(self) -> float | None:
        """The part of the students who passed."""
        judged = self.column.counts.total() - self.column.counts["fault"]
        return self.column.counts["passed"] / judged if judged else None

    @property
    def parts(self) -> list[tuple[str, int, float]]:
        """The kinds that occur, how often, and their part in percent."""
        counts, everybody = self.column.counts, self.column.counts.total()
        return [(kind, counts[kind], 100 * counts[kind] / everybody) for kind in KINDS if counts[kind]]

    @property
    def weak(self) -> bool:
        """Whether it hardly parts those who can from those who cannot."""
        return self.item.item_rest is not None and self.item.item_rest < WEAK


def class_facts(tally: Tally, library: Library, language: str) -> dict[str, Any]:
    """What the template of the class page shows."""
    items, suspects = tally.analysis()
    numbers = [
        Numbers(column, items[function], tally.mistakes_of(function)) for function, column in tally.columns.items()
    ]
    found = [mistake for function in numbers for mistake in function.mistakes]
    shares = [row.score / row.maximum if row.maximum else 0.0 for row in tally.rows if row.score is not None]
    hints = {id: library.mistakes[id].hint.in_(language) for id in tally.mistakes if id in library.mistakes}
    return {
        "tally": tally,
        "needs": tally.needs,
        "bins": histogram(shares),
        "open": len(tally.rows) - len(shares),
        "mean": sum(shares) / len(shares) if shares else None,
        "median": _median(shares),
        "numbers": numbers,
        "suspects": suspects,
        "hidden": _hidden_checks(library.course),
        "tail": int(100 * TAIL),
        "hints": hints,
        "common": sorted(found, key=lambda m: -len(m))[:COMMON],
        "named": NAMED,
        "without_script": tally.rows if len(tally.rows) <= WITHOUT_SCRIPT else [],
        "data": page_data(tally, language),
    }


def _median(shares: Sequence[float]) -> float | None:
    ordered, half = sorted(shares), len(shares) // 2
    return (ordered[half] + ordered[-half - 1]) / 2 if ordered else None


def _hidden_checks(course: Course) -> set[tuple[str, str]]:
    return {(check.function, check.name) for e in course.exercises for check in e.checks if check.hidden}


def histogram(shares: Sequence[float]) -> list[tuple[str, int, float]]:
    """Ten bins: the percents, the number of students, the height of the bar in percent of the highest."""
    counts = Counter(min(int(share * BINS + 1e-9), BINS - 1) for share in shares)
    highest = max(counts.values(), default=1)
    edges = [100 * edge // BINS for edge in range(BINS + 1)]
    names = [f"{low}\N{EN DASH}{high}" for low, high in pairwise(edges)]
    return [(name, counts[number], 100 * counts[number] / highest) for number, name in enumerate(names)]


def page_data(tally: Tally, language: str) -> Markup:
    """What the script needs to show any student, as JSON in which nothing can end the element that holds it.

    A row is [id, name, page, score, maximum, cells, flags (1: needs review, 2: late)].
    """
    tr = translator(language)
    groups = {visible(f"mistake:{id}"): list(found.students) for id, found in tally.mistakes.items()}
    groups |= {f"need:{place}": list(need.students) for place, need in enumerate(tally.needs)}
    facts = {
        "functions": [visible(function) for function in tally.columns],
        "letters": {letter: kind for kind, letter in LETTERS.items()},
        "partly": PARTLY,
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
                row.human + 2 * row.late,
            ]
            for row in tally.rows
        ],
    }
    return in_page(facts)


def in_page(facts: Mapping[str, Any]) -> Markup:
    """JSON as text of a script element."""
    text = msgspec.json.encode(facts).decode()
    return Markup(
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    )  # nothing left to escape
