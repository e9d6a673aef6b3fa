"""Write the HTML page of `grader similar`: similar submissions side by side, with the shared lines marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from grader.core.files.atomic_files import write_atomically
from grader.reports.pages.code_lines import CodePiece, group_lines
from grader.reports.pages.page_templates import environment_for, security_policy
from grader.reports.similarity import FileMatch, SimilarCluster, SimilarityComparison, SimilarPair
from grader.submissions.excerpts import display_lines
from grader.submissions.people import display_name
from grader.submissions.submission import SubmissionMetadata

MAX_PAIRS = 100
"""Maximum number of pairs that the page shows side by side; further pairs are only counted."""
MAX_PAIRS_OF_CLUSTER = 6
"""Maximum number of pairs of one cluster that the page shows side by side."""
CONTEXT_LINES = 3
"""Number of lines shown before and after shared lines; all lines farther away are folded."""


@dataclass(frozen=True)
class FileSide:
    """One file of one student, in pieces; a piece with the mark "folded" has no text and replaces hidden lines."""

    student: str
    file: str
    pieces: list[CodePiece]


@dataclass(frozen=True)
class PairOnPage:
    """A pair with its files side by side."""

    pair: SimilarPair
    names: tuple[str, str]
    sides: list[tuple[FileSide, FileSide]]


@dataclass(frozen=True)
class ClusterOnPage:
    """A cluster of students.

    largest: share of the most similar pair, from 0 to 1.
    shown: the pairs that the page shows.
    more: number of pairs that the page does not show.
    """

    names: list[str]
    largest: float
    shown: list[PairOnPage]
    more: int


def write_similar(
    path: Path, comparison: SimilarityComparison, people: Mapping[str, SubmissionMetadata], language: str
) -> None:
    """Write the page. Raises UsageError if it cannot be written."""
    facts = similar_facts(comparison, people)
    page = environment_for(language).get_template("similar.html").render(policy=security_policy(""), **facts)
    write_atomically(path, page.encode())


def similar_facts(comparison: SimilarityComparison, people: Mapping[str, SubmissionMetadata]) -> dict[str, Any]:
    """Return the values for the template similar.html."""
    pairs_left = MAX_PAIRS
    groups = []
    for cluster in comparison.clusters:
        shown = [_pair_on_page(pair, people) for pair in islice(cluster.pairs, min(MAX_PAIRS_OF_CLUSTER, pairs_left))]
        pairs_left -= len(shown)
        groups.append(_cluster_on_page(cluster, shown, people))
    identical = [
        ([display_name_of(student, people) for student in group.students], group.files, group.is_exact)
        for group in comparison.identical
    ]
    return {"groups": groups, "identical": identical, "compared": comparison.students}


def _cluster_on_page(
    cluster: SimilarCluster, shown: list[PairOnPage], people: Mapping[str, SubmissionMetadata]
) -> ClusterOnPage:
    names = [display_name_of(student, people) for student in cluster.students]
    return ClusterOnPage(names, cluster.pairs[0].share, shown, len(cluster.pairs) - len(shown))


def _pair_on_page(pair: SimilarPair, people: Mapping[str, SubmissionMetadata]) -> PairOnPage:
    names = (display_name_of(pair.students[0], people), display_name_of(pair.students[1], people))
    sides = [_sides(match, names) for match in pair.matches()]
    return PairOnPage(pair, names, sides)


def _sides(match: FileMatch, names: tuple[str, str]) -> tuple[FileSide, FileSide]:
    one, other = (
        FileSide(names[place], match.files[place], list(fold_lines(match.texts[place], match.lines[place])))
        for place in (0, 1)
    )
    return one, other


def fold_lines(text: str, shared: frozenset[int]) -> Iterator[CodePiece]:
    """Yield a file in pieces: shared lines are marked, lines more than CONTEXT_LINES away from them are folded."""
    lines = display_lines(text.rstrip("\n"))
    near = {number + step for number in shared for step in range(-CONTEXT_LINES, CONTEXT_LINES + 1)}
    for hidden, same_fold in groupby(range(1, len(lines) + 1), lambda number: number not in near):
        numbers = list(same_fold)
        if hidden and len(numbers) > 1:
            yield CodePiece(numbers[0], "", "folded")
            continue
        marks = ["same" if number in shared else "" for number in numbers]
        yield from group_lines(numbers[0], lines[numbers[0] - 1 : numbers[-1]], marks)


def display_name_of(student: str, people: Mapping[str, SubmissionMetadata]) -> str:
    """Return the name and the id; the id alone if no name is known."""
    return display_name(student, people)
