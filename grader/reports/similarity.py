"""Find submissions with more in common than the exercise requires: a list for people to read, never a verdict.

Theory of operation
    Code from stubs, solutions and alternative solutions, and code that many students wrote, is removed first. The rest
    is compared without names and comments. copydetect tokenizes text with pygments and computes fingerprints of pieces
    of code; a product of sparse matrices (scipy) counts the pieces that two files share. Student code is neither parsed
    nor run.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from copydetect import CodeFingerprint, compare_files
from copydetect.utils import get_token_coverage
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from grader.course.library import Library
from grader.reports.identical_files import CodeGroups, IdenticalFiles, given_code
from grader.submissions.excerpts import source_text
from grader.submissions.file_reading import OpenStudentArchive, refuse_to_open
from grader.submissions.submission import Submission

PIECE_LENGTH = 25
"""Length of a piece of code in characters, when each name and string counts as one character. This length is the
default of copydetect."""
MAX_TEXT, MAX_TEXTS = 100_000, 400_000
"""Maximum number of characters that are compared of one file, and of all files of one student. The file of an exercise
has a few thousand characters."""
BLANK_LINE = re.compile(r"^[^\S\n]+$", re.MULTILINE)
"""Matches a line of blanks. The comparison removes such blanks, because pygments would search all following blank lines
again for each such line."""
MIN_PIECES = 60
"""Minimum number of pieces of a file after the common code is removed; a shorter file is not compared."""
COMMON_SHARE = 0.2
"""Code that more than this share of the class wrote is common: it is removed, because anyone might write it."""
MIN_HOLDERS, MAX_HOLDERS = 4, 200
"""Code that at most MIN_HOLDERS students wrote is never common; code that more than MAX_HOLDERS wrote always is."""
BLOCK = 256
"""Number of files that are compared with all other files in one step, which limits memory."""


@dataclass(frozen=True)
class SubmittedFile:
    """One file of one student with its fingerprint."""

    student: str
    file: str
    fingerprint: CodeFingerprint


@dataclass(frozen=True)
class FileMatch:
    """One file of each of two students, and the numbers of the lines (from 1) that they share."""

    files: tuple[str, str]
    texts: tuple[str, str]
    lines: tuple[frozenset[int], frozenset[int]]


@dataclass(frozen=True)
class SimilarPair:
    """Two students and their similar files, each with the share of the smaller file that the other also has."""

    students: tuple[str, str]
    files: tuple[tuple[float, SubmittedFile, SubmittedFile], ...]

    @property
    def share(self) -> float:
        """The share of the two files that have most in common, from 0 to 1."""
        return self.files[0][0]

    def matches(self) -> Iterator[FileMatch]:
        """Yield each two similar files with the lines that they share."""
        for _, one, other in self.files:
            _, _, slices = compare_files(one.fingerprint, other.fingerprint)
            texts = (one.fingerprint.raw_code, other.fingerprint.raw_code)
            yield FileMatch(
                (one.file, other.file),
                texts,
                (_touched_lines(texts[0], slices[0]), _touched_lines(texts[1], slices[1])),
            )


@dataclass(frozen=True)
class SimilarCluster:
    """Students who are linked by similar pairs, directly or through other students; the most similar pair is first."""

    students: tuple[str, ...]
    pairs: tuple[SimilarPair, ...]


@dataclass(frozen=True)
class SimilarityComparison:
    """Result for a class: the number of students compared, the clusters of similar submissions, and identical files."""

    students: int
    clusters: list[SimilarCluster]
    identical: list[IdenticalFiles] = field(default_factory=list)


class Fingerprints:
    """Fingerprints of texts without the code of `given_texts`.

    The fingerprint of each text is computed once, because many students submit the same stub.
    """

    def __init__(self, given_texts: Iterable[str] = ()) -> None:
        self._made: dict[str, CodeFingerprint] = {}
        self._given_pieces: set[int] = set()
        for text in given_texts:
            self._given_pieces |= _fingerprint(text).hashes

    def of(self, text: str) -> CodeFingerprint:
        """Return the fingerprint of a text without the pieces of the given texts."""
        if text not in self._made:
            fingerprint = self._made[text] = _fingerprint(text)
            _remove_pieces(fingerprint, self._given_pieces)
        return self._made[text]

    def remove_pieces(self, pieces: set[int]) -> None:
        """Remove these pieces from the fingerprints of all texts."""
        for fingerprint in self._made.values():
            _remove_pieces(fingerprint, pieces)


def compare_class(
    submissions: Iterable[Submission],
    library: Library,
    min_share: float,
    open_archive: OpenStudentArchive = refuse_to_open,
) -> Iterator[SimilarityComparison | str]:
    """Yield the id of each student after their files are read, and at the end the comparison of the class.

    The comparison contains the pairs that share at least `min_share` (0 to 1) of the smaller file. `open_archive` opens
    archives that are neither zips nor plain tars.
    """
    fingerprints = Fingerprints(course_texts(library))
    files: list[SubmittedFile] = []
    holders: Counter[int] = Counter()
    students, groups = 0, CodeGroups(given_code(library))
    for submission in submissions:
        own_files = []
        for path, data, text in _texts(submission, open_archive):
            groups.add(submission.student, path, data, text)
            own_files.append(SubmittedFile(submission.student, path, fingerprints.of(text)))
        holders.update({piece for file in own_files for piece in file.fingerprint.hashes})
        files += own_files
        students += 1
        yield submission.student
    max_holders = min(MAX_HOLDERS, max(MIN_HOLDERS, COMMON_SHARE * students))
    fingerprints.remove_pieces(
        {piece for piece, number_of_students in holders.items() if number_of_students > max_holders}
    )
    clusters = find_clusters(find_pairs(files, min_share))
    yield SimilarityComparison(students, clusters, groups.identical())


def _texts(submission: Submission, open_archive: OpenStudentArchive) -> Iterator[tuple[str, bytes, str]]:
    """Yield path, bytes and text of a student's files, up to MAX_TEXTS characters of text."""
    characters_left = MAX_TEXTS
    for path, data in submission.read(open_archive):
        text = BLANK_LINE.sub("", source_text(path, data)[: min(MAX_TEXT, characters_left)])
        characters_left -= len(text)
        yield path, data, text


def course_texts(library: Library) -> Iterator[str]:
    """Yield the texts whose code is no sign of copying: stubs, solutions and alternative solutions."""
    for files in library.exercise_files.values():
        yield files.stub
        yield files.solution
        yield from (source_text(file.path, file.data) for file in files.alternatives)


def find_pairs(files: Iterable[SubmittedFile], min_share: float) -> list[SimilarPair]:
    """Return the pairs of students with similar files, those with most in common first."""
    files = [file for file in files if len(file.fingerprint.hashes) >= MIN_PIECES]
    found: dict[tuple[str, str], list[tuple[float, SubmittedFile, SubmittedFile]]] = {}
    for share, a, b in _similar_files(files, min_share):
        one, other = sorted((files[a], files[b]), key=lambda file: file.student)
        if one.student != other.student:
            found.setdefault((one.student, other.student), []).append((share, one, other))
    pairs = [
        SimilarPair(students, tuple(sorted(shared_files, key=lambda shared: -shared[0])))
        for students, shared_files in found.items()
    ]
    return sorted(pairs, key=lambda pair: (-pair.share, pair.students))


def _similar_files(files: Sequence[SubmittedFile], min_share: float) -> Iterator[tuple[float, int, int]]:
    """Yield (share, index, index) for every two files that share at least `min_share`, BLOCK files at a time."""
    numbers: dict[int, int] = {}
    columns = [numbers.setdefault(piece, len(numbers)) for file in files for piece in file.fingerprint.hashes]
    row_starts = np.cumsum([0, *(len(file.fingerprint.hashes) for file in files)])
    pieces_of_files = csr_matrix(
        (np.ones(len(columns), np.int32), columns, row_starts), shape=(len(files), max(1, len(numbers)))
    )
    sizes = np.diff(row_starts)
    for start in range(0, len(files), BLOCK):
        shared = (pieces_of_files[start : start + BLOCK] @ pieces_of_files.T).tocoo()
        rows, others = shared.row + start, shared.col
        shares = shared.data / np.minimum(sizes[rows], sizes[others])
        chosen = (rows < others) & (shares >= min_share)
        yield from zip(shares[chosen].tolist(), rows[chosen].tolist(), others[chosen].tolist(), strict=True)


def find_clusters(found: Sequence[SimilarPair]) -> list[SimilarCluster]:
    """Return groups of students who are linked by similar pairs, the most similar group first."""
    students = sorted({student for pair in found for student in pair.students})
    number = {student: place for place, student in enumerate(students)}
    ends = np.array([[number[student] for student in pair.students] for pair in found]).reshape(-1, 2)
    graph = csr_matrix((np.ones(len(found)), (ends[:, 0], ends[:, 1])), shape=(len(students), len(students)))
    labels = connected_components(graph, directed=False)[1] if found else []
    linked: dict[int, list[SimilarPair]] = {}
    for pair in found:
        linked.setdefault(int(labels[number[pair.students[0]]]), []).append(pair)
    return [
        SimilarCluster(tuple(sorted({student for pair in all for student in pair.students})), tuple(all))
        for all in linked.values()
    ]


def _fingerprint(text: str) -> CodeFingerprint:
    """Return the fingerprint of a text. An empty text becomes one line, because copydetect needs at least one."""
    return CodeFingerprint(
        "text.py", PIECE_LENGTH, 1, language="python", fp=io.StringIO(text if text.strip() else "\n")
    )


def _remove_pieces(fingerprint: CodeFingerprint, pieces: set[int]) -> None:
    fingerprint.hashes -= pieces
    for piece in pieces & fingerprint.hash_idx.keys():
        del fingerprint.hash_idx[piece]
    fingerprint.token_coverage = get_token_coverage(fingerprint.hash_idx, fingerprint.k, len(fingerprint.filtered_code))


def _touched_lines(text: str, slices: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> frozenset[int]:
    """Return the numbers (from 1) of the lines that the slices of a text touch, without blank lines at their edges."""
    found: set[int] = set()
    for start, end in slices.T:
        touched = text[int(start) : int(end)].rstrip()
        shared = touched.lstrip()
        first = text.count("\n", 0, int(start) + len(touched) - len(shared)) + 1
        found |= set(range(first, first + shared.count("\n") + 1))
    return frozenset(found)
