"""Submissions that have more in common than the exercise asks for: a list to look at, and never a verdict.

What a student was given (stubs), what is right (solutions, alternatives) and what a good part of the class has written
is taken away first; what remains is compared, whatever the names and the comments. copydetect does the work: it
tokenises text with pygments and compares fingerprints of pieces of code. Nothing is parsed or run.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from copydetect import CodeFingerprint, compare_files
from copydetect.utils import get_token_coverage
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from grader.core.submission import Submission
from grader.judge.excerpt import readable
from grader.judge.library import Library

PIECE = 25
"""Characters of a piece of code, names and strings shortened to one: copydetect's own default."""
MAX_TEXT = 200_000
"""Characters of one file that are looked at: an exercise is a few thousand."""
LEAST = 60
"""Pieces of one's own that two students must have at all, to be compared: shorter is too short to tell."""
COMMON = 0.2
"""What this part of the class has written, everybody might have written."""
FEW, MANY = 4, 200
"""So many students may have a piece of code and it still counts as their own, at least and at most."""
BLOCK = 256
"""Students compared with the whole class at a time."""


@dataclass
class Work:
    """What one student wrote: fingerprints by file, and the pieces of all of them that are her own."""

    student: str
    files: dict[str, CodeFingerprint]
    own: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Match:
    """One file of each of two students, and the numbers of the lines (from 1) that they share."""

    files: tuple[str, str]
    texts: tuple[str, str]
    lines: tuple[frozenset[int], frozenset[int]]


@dataclass(frozen=True)
class Pair:
    """Two students, and which part of the smaller work of the two the other one has as well."""

    students: tuple[str, str]
    share: float
    pieces: int


@dataclass(frozen=True)
class Cluster:
    """Students linked by pairs, the pairs with most in common first."""

    students: tuple[str, ...]
    pairs: tuple[Pair, ...]


@dataclass
class Comparison:
    """The class, compared."""

    works: dict[str, Work]
    clusters: list[Cluster] = field(default_factory=list)

    def matches(self, pair: Pair) -> Iterator[Match]:
        """The files that two students have in common, and where."""
        a, b = (self.works[student] for student in pair.students)
        for one, mine in a.files.items():
            for other, theirs in b.files.items():
                if mine.hashes & theirs.hashes:
                    _, _, slices = compare_files(mine, theirs)
                    texts = (mine.raw_code, theirs.raw_code)
                    yield Match((one, other), texts, (_lines(texts[0], slices[0]), _lines(texts[1], slices[1])))


class Fingerprints:
    """Fingerprints of texts, made once for each text: many students hand in the same stub."""

    def __init__(self, given: Iterable[str] = ()) -> None:
        self._made: dict[str, CodeFingerprint] = {}
        self._given: set[int] = set()
        for text in given:
            self._given |= _fingerprint(text).hashes

    def of(self, text: str) -> CodeFingerprint:
        """The fingerprint of a text, without what was given."""
        if text not in self._made:
            made = self._made[text] = _fingerprint(text)
            _take_away(made, self._given)
        return self._made[text]

    def take_away(self, pieces: set[int]) -> None:
        """Forget these pieces in every text."""
        for made in self._made.values():
            _take_away(made, pieces)


def compare_class(submissions: Iterable[Submission], library: Library, least: float) -> Iterator[Comparison | str]:
    """Every student as the work is read, at the end the comparison; two need `least` in common to be named."""
    fingerprints = Fingerprints(given_texts(library))
    works: dict[str, Work] = {}
    for submission in submissions:
        texts = {path: readable(path, data)[:MAX_TEXT] for path, data in submission.read()}
        works[submission.student] = Work(submission.student, {p: fingerprints.of(t) for p, t in texts.items()})
        yield submission.student
    holders = Counter(piece for work in works.values() for piece in _pieces(work))
    most = min(MANY, max(FEW, COMMON * len(works)))
    fingerprints.take_away({piece for piece, students in holders.items() if students > most})
    for work in works.values():
        work.own = frozenset(_pieces(work))
    yield Comparison(works, clusters(works, list(pairs(list(works.values()), least))))


def given_texts(library: Library) -> Iterator[str]:
    """What everybody has from the course, or would write who is right."""
    for shelf in library.shelves.values():
        yield shelf.stub
        yield shelf.solution
        yield from (readable(file.path, file.data) for file in shelf.alternatives)


def pairs(works: Sequence[Work], least: float) -> Iterator[Pair]:
    """The pairs of students with enough in common."""
    works = [work for work in works if len(work.own) >= LEAST]
    numbers: dict[int, int] = {}
    columns = [numbers.setdefault(piece, len(numbers)) for work in works for piece in work.own]
    edges = np.cumsum([0, *(len(work.own) for work in works)])
    held = csr_matrix((np.ones(len(columns), np.int32), columns, edges), shape=(len(works), max(1, len(numbers))))
    sizes = np.diff(edges)
    for start in range(0, len(works), BLOCK):
        shared = (held[start : start + BLOCK] @ held.T).tocoo()
        for row, other, common in zip(shared.row + start, shared.col, shared.data, strict=True):
            share = common / min(sizes[row], sizes[other])
            if row < other and share >= least:
                yield Pair((works[row].student, works[other].student), float(share), int(common))


def clusters(works: Mapping[str, Work], found: Sequence[Pair]) -> list[Cluster]:
    """Students who are linked by pairs, the largest share first."""
    number = {student: place for place, student in enumerate(works)}
    ends = np.array([[number[student] for student in pair.students] for pair in found]).reshape(-1, 2)
    graph = csr_matrix((np.ones(len(found)), (ends[:, 0], ends[:, 1])), shape=(len(works), len(works)))
    labels = connected_components(graph, directed=False)[1] if works else []
    grouped: dict[int, list[Pair]] = {}
    for pair in sorted(found, key=lambda pair: (-pair.share, pair.students)):
        grouped.setdefault(int(labels[number[pair.students[0]]]), []).append(pair)
    return [
        Cluster(tuple(sorted({student for pair in linked for student in pair.students})), tuple(linked))
        for linked in grouped.values()
    ]


def _pieces(work: Work) -> set[int]:
    return {piece for fingerprint in work.files.values() for piece in fingerprint.hashes}


def _fingerprint(text: str) -> CodeFingerprint:
    """Every piece of a text; one that is hardly any text has none."""
    return CodeFingerprint("text.py", PIECE, 1, language="python", fp=io.StringIO(text if text.strip() else "\n"))


def _take_away(made: CodeFingerprint, pieces: set[int]) -> None:
    made.hashes -= pieces
    for piece in pieces & made.hash_idx.keys():
        del made.hash_idx[piece]
    made.token_coverage = get_token_coverage(made.hash_idx, made.k, len(made.filtered_code))


def _lines(text: str, slices: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> frozenset[int]:
    """The numbers of the lines that slices of a text touch; blank ones count with the line before."""
    found: set[int] = set()
    for start, end in slices.T:
        first = text.count("\n", 0, int(start)) + 1
        shared = text[int(start) : int(end)].strip("\n")
        found |= set(range(first, first + shared.count("\n") + 1))
    return frozenset(found)
