"""Submissions that have more in common than the exercise asks for: a list to look at, and never a verdict.

What a student was given (stubs), what is right (solutions, alternatives) and what a good part of the class has written
is taken away first; what remains is compared, whatever the names and the comments. copydetect does the work: it
tokenises text with pygments and compares fingerprints of pieces of code. Nothing is parsed or run.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from copydetect import CodeFingerprint, compare_files
from copydetect.utils import get_token_coverage
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from grader.course.library import Library
from grader.submissions.excerpts import source_text
from grader.submissions.submission import Submission

PIECE = 25
"""Characters of a piece of code, names and strings shortened to one: copydetect's own default."""
MAX_TEXT, MAX_TEXTS = 100_000, 400_000
"""Characters of one file, and of one student, that are looked at: an exercise is a few thousand."""
LEAST = 60
"""Pieces that a file must have beyond what is taken away, to be compared: less is too little to tell."""
COMMON = 0.2
"""What this part of the class has written, everybody might have written."""
FEW, MANY = 4, 200
"""So many students may have a piece of code and it still counts as their own, at least and at most."""
BLOCK = 256
"""Files compared with all others at a time."""


@dataclass(frozen=True)
class Work:
    """One file of one student."""

    student: str
    file: str
    print: CodeFingerprint


@dataclass(frozen=True)
class Match:
    """One file of each of two students, and the numbers of the lines (from 1) that they share."""

    files: tuple[str, str]
    texts: tuple[str, str]
    lines: tuple[frozenset[int], frozenset[int]]


@dataclass(frozen=True)
class Pair:
    """Two students; the files that have much in common, with the part of the smaller one that the other has as well."""

    students: tuple[str, str]
    works: tuple[tuple[float, Work, Work], ...]

    @property
    def share(self) -> float:
        """That of the files with most in common."""
        return self.works[0][0]

    def matches(self) -> Iterator[Match]:
        """The files, and where they are alike."""
        for _, one, other in self.works:
            _, _, slices = compare_files(one.print, other.print)
            texts = (one.print.raw_code, other.print.raw_code)
            yield Match((one.file, other.file), texts, (_lines(texts[0], slices[0]), _lines(texts[1], slices[1])))


@dataclass(frozen=True)
class Cluster:
    """Students linked by pairs, the pairs with most in common first."""

    students: tuple[str, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Comparison:
    """The class, compared."""

    students: int
    clusters: list[Cluster]


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
    works: list[Work] = []
    holders: Counter[int] = Counter()
    students = 0
    for submission in submissions:
        mine = [Work(submission.student, path, fingerprints.of(text)) for path, text in _texts(submission)]
        holders.update({piece for work in mine for piece in work.print.hashes})
        works += mine
        students += 1
        yield submission.student
    most = min(MANY, max(FEW, COMMON * students))
    fingerprints.take_away({piece for piece, holding in holders.items() if holding > most})
    yield Comparison(students, clusters(pairs(works, least)))


def _texts(submission: Submission) -> Iterator[tuple[str, str]]:
    """The files of a student as text, as far as they are looked at."""
    room = MAX_TEXTS
    for path, data in submission.read():
        text = source_text(path, data)[: min(MAX_TEXT, room)]
        room -= len(text)
        yield path, text


def given_texts(library: Library) -> Iterator[str]:
    """What everybody has from the course, or would write who is right."""
    for files in library.exercise_files.values():
        yield files.stub
        yield files.solution
        yield from (source_text(file.path, file.data) for file in files.alternatives)


def pairs(works: Iterable[Work], least: float) -> list[Pair]:
    """The pairs of students who have a file each with enough in common; those with most in common first."""
    works = [work for work in works if len(work.print.hashes) >= LEAST]
    found: dict[tuple[str, str], list[tuple[float, Work, Work]]] = {}
    for share, a, b in _alike(works, least):
        one, other = sorted((works[a], works[b]), key=lambda work: work.student)
        if one.student != other.student:
            found.setdefault((one.student, other.student), []).append((share, one, other))
    made = [Pair(who, tuple(sorted(alike, key=lambda found: -found[0]))) for who, alike in found.items()]
    return sorted(made, key=lambda pair: (-pair.share, pair.students))


def _alike(works: Sequence[Work], least: float) -> Iterator[tuple[float, int, int]]:
    """The share, and the places, of every two works with enough in common: some works at a time, to save memory."""
    numbers: dict[int, int] = {}
    columns = [numbers.setdefault(piece, len(numbers)) for work in works for piece in work.print.hashes]
    edges = np.cumsum([0, *(len(work.print.hashes) for work in works)])
    held = csr_matrix((np.ones(len(columns), np.int32), columns, edges), shape=(len(works), max(1, len(numbers))))
    sizes = np.diff(edges)
    for start in range(0, len(works), BLOCK):
        shared = (held[start : start + BLOCK] @ held.T).tocoo()
        rows, others = shared.row + start, shared.col
        shares = shared.data / np.minimum(sizes[rows], sizes[others])
        chosen = (rows < others) & (shares >= least)
        yield from zip(shares[chosen].tolist(), rows[chosen].tolist(), others[chosen].tolist(), strict=True)


def clusters(found: Sequence[Pair]) -> list[Cluster]:
    """Students who are linked by pairs, those with most in common first."""
    students = sorted({student for pair in found for student in pair.students})
    number = {student: place for place, student in enumerate(students)}
    ends = np.array([[number[student] for student in pair.students] for pair in found]).reshape(-1, 2)
    graph = csr_matrix((np.ones(len(found)), (ends[:, 0], ends[:, 1])), shape=(len(students), len(students)))
    labels = connected_components(graph, directed=False)[1] if found else []
    linked: dict[int, list[Pair]] = {}
    for pair in found:
        linked.setdefault(int(labels[number[pair.students[0]]]), []).append(pair)
    return [
        Cluster(tuple(sorted({student for pair in all for student in pair.students})), tuple(all))
        for all in linked.values()
    ]


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
