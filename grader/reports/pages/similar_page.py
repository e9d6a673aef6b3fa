"""The page of submissions that have much in common: side by side, with the lines that they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from grader.core.atomic_files import write_atomically
from grader.reports.pages.code_lines import Piece, runs
from grader.reports.pages.page_templates import environment_for, policy_of
from grader.reports.similarity import Cluster, Comparison, Match, Pair
from grader.submissions.excerpts import display_lines
from grader.submissions.submission import SubmissionMetadata

SHOWN = 100
"""Pairs that are shown side by side; the others are named."""
OF_ONE = 6
"""Pairs of one cluster that are shown side by side."""
ROUND = 3
"""Lines shown before and after what is shared; the rest is folded."""


@dataclass(frozen=True)
class Side:
    """One file of one student, in pieces; a piece without text is folded lines."""

    student: str
    file: str
    pieces: list[Piece]


@dataclass(frozen=True)
class Shown:
    """A pair with its files side by side."""

    pair: Pair
    names: tuple[str, str]
    sides: list[tuple[Side, Side]]


@dataclass(frozen=True)
class Group:
    """A cluster with the pairs that are shown of it, and how many are not."""

    names: list[str]
    largest: float
    shown: list[Shown]
    more: int


def write_similar(path: Path, comparison: Comparison, people: Mapping[str, SubmissionMetadata], language: str) -> None:
    """Write the page. Raises UsageError when it cannot be written."""
    facts = similar_facts(comparison, people)
    page = environment_for(language).get_template("similar.html").render(policy=policy_of(""), **facts)
    write_atomically(path, page.encode())


def similar_facts(comparison: Comparison, people: Mapping[str, SubmissionMetadata]) -> dict[str, Any]:
    """What the template shows."""
    room = SHOWN
    groups = []
    for cluster in comparison.clusters:
        shown = [_shown(pair, people) for pair in islice(cluster.pairs, min(OF_ONE, room))]
        room -= len(shown)
        groups.append(_group(cluster, shown, people))
    return {"groups": groups, "compared": comparison.students}


def _group(cluster: Cluster, shown: list[Shown], people: Mapping[str, SubmissionMetadata]) -> Group:
    names = [called(student, people) for student in cluster.students]
    return Group(names, cluster.pairs[0].share, shown, len(cluster.pairs) - len(shown))


def _shown(pair: Pair, people: Mapping[str, SubmissionMetadata]) -> Shown:
    names = (called(pair.students[0], people), called(pair.students[1], people))
    sides = [_sides(match, names) for match in pair.matches()]
    return Shown(pair, names, sides)


def _sides(match: Match, names: tuple[str, str]) -> tuple[Side, Side]:
    one, other = (
        Side(names[place], match.files[place], list(folded(match.texts[place], match.lines[place]))) for place in (0, 1)
    )
    return one, other


def folded(text: str, shared: frozenset[int]) -> Iterator[Piece]:
    """A file in pieces: what is shared is marked, and what is far from it is folded."""
    lines = display_lines(text.rstrip("\n"))
    near = {number + step for number in shared for step in range(-ROUND, ROUND + 1)}
    for hidden, run in groupby(range(1, len(lines) + 1), lambda number: number not in near):
        numbers = list(run)
        if hidden and len(numbers) > 1:
            yield Piece(numbers[0], "", "folded")
            continue
        marks = ["same" if number in shared else "" for number in numbers]
        yield from runs(numbers[0], lines[numbers[0] - 1 : numbers[-1]], marks)


def called(student: str, people: Mapping[str, SubmissionMetadata]) -> str:
    """The id, and the name where it is known."""
    name = people[student].name if student in people else ""
    return f"{name} ({student})" if name and name != student else student
