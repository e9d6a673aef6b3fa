"""Find out from which LMS a download comes, and read it by the layout of this LMS; in doubt, by the plain layout."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from grader.core.errors import UsageError
from grader.core.visible_text import join_names
from grader.submissions.layouts import canvas, github, gradescope, moodle, nbgrader, plain
from grader.submissions.members.tree import DownloadedAttempt, TopEntry, Translate, Tree, only_folder

AUTO = "auto"
MAX_WRAPPERS = 3
"""Maximum number of nested folders around a download: folders whose only entry is the next folder."""

MAX_NAMED = 3
"""Maximum number of names in the reason why a download is read by the plain layout."""


class Layout(Protocol):
    """Interface of a module that reads the downloads of one LMS."""

    NAME: str
    ONE_MATCH_SUFFICES: bool
    """True if one matching name identifies the layout.

    If this value is False, the layout is not detected if a name that does not match may be that of a submission.
    """

    def student_tree(self, tree: Tree) -> Tree:
        """Return the part of a download whose entries are the students."""

    def matches(self, entry: TopEntry) -> bool:
        """Return whether the name of an entry at the top level follows this layout."""

    def is_certain(self, tree: Tree, matching: Sequence[TopEntry]) -> bool:
        """Return whether the entries `matching` are enough to identify the layout."""

    def read(self, tree: Tree, matching: Sequence[TopEntry], stubs: Collection[str]) -> list[DownloadedAttempt]:
        """Return all attempts of all students. `stubs` are the names of the stub files."""

    def reason(self, matching: Sequence[TopEntry], tr: Translate) -> str:
        """Return how the layout was identified, in a few words for the instructor."""


READERS: dict[str, Layout] = {reader.NAME: reader for reader in (moodle, gradescope, canvas, nbgrader, github)}
"""The layouts by name. A layout whose names are easier to recognize comes before others."""

LAYOUTS = (AUTO, plain.NAME, *READERS)
"""Values that the option --layout accepts."""


@dataclass
class LayoutChoice:
    """The chosen layout, the reason for it, and the attempts that it found.

    unmatched: names that do not follow the layout but may be submissions; they are read by the plain layout.
    ignored: names of entries that are not submissions.
    """

    layout: str
    reason: str
    attempts: list[DownloadedAttempt]
    unmatched: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Candidate:
    """A layout that a download may have, with the entries at the top level that match it and the other entries."""

    layout: Layout
    tree: Tree
    matching: list[TopEntry]
    others: list[TopEntry]

    @property
    def unmatched(self) -> list[TopEntry]:
        return [entry for entry in self.others if entry.may_be_submission]

    @property
    def is_certain(self) -> bool:
        return self.layout.is_certain(self.tree, self.matching)

    @property
    def is_unopposed(self) -> bool:
        return self.layout.ONE_MATCH_SUFFICES or not self.unmatched


def choose_layout(tree: Tree, stubs: Collection[str], layout: str, tr: Translate) -> LayoutChoice:
    """Read a download by the given layout; for "auto", detect the layout first.

    `stubs` are the names of the stub files. Raises UsageError if `layout` is unknown or no name follows it.
    """
    if layout not in LAYOUTS:
        raise UsageError(
            "Unknown layout: {layout}. Choose one of: {layouts}", layout=layout, layouts=", ".join(LAYOUTS)
        )
    if layout == plain.NAME:
        return _read_plain(tree, stubs, tr("set with --layout"), tr)
    if layout != AUTO:
        return _read_requested(tree, READERS[layout], stubs, tr)
    candidates = [candidate for reader in READERS.values() for candidate in _candidates(tree, reader)]
    certain = [candidate for candidate in candidates if candidate.is_certain]
    best = next((candidate for candidate in certain if candidate.is_unopposed), None)
    if best:
        return _read_candidate(best, best.layout.reason(best.matching, tr), stubs)
    return _read_plain(tree, stubs, _doubt(certain[0], tr) if certain else "", tr)


def _candidates(tree: Tree, layout: Layout) -> Iterator[_Candidate]:
    """Try a layout on the download, and inside folders around the class; yield a candidate where a name matches."""
    trees = [tree]
    while len(trees) <= MAX_WRAPPERS and (folder := only_folder(trees[-1])):
        trees.append(trees[-1].subtree(folder))
    for wrapped in trees:
        inner = layout.student_tree(wrapped)
        checked = [(layout.matches(entry), entry) for entry in inner.entries]
        matching = [entry for is_match, entry in checked if is_match]
        if matching:
            yield _Candidate(layout, inner, matching, [entry for is_match, entry in checked if not is_match])


def _read_requested(tree: Tree, layout: Layout, stubs: Collection[str], tr: Translate) -> LayoutChoice:
    candidates = list(_candidates(tree, layout))
    if not candidates:
        found = join_names([entry.name for entry in tree.entries if entry.may_be_submission])
        raise UsageError(
            "{path}: no name in it follows the {layout} layout (found: {found}). Try --layout auto",
            path=tree.path,
            layout=layout.NAME,
            found=found or "-",
        )
    best = max(candidates, key=lambda candidate: (candidate.is_certain, -len(candidate.unmatched)))
    return _read_candidate(best, tr("set with --layout"), stubs)


def _read_candidate(candidate: _Candidate, reason: str, stubs: Collection[str]) -> LayoutChoice:
    layout, unmatched = candidate.layout, candidate.unmatched
    attempts = layout.read(candidate.tree, candidate.matching, stubs) + plain.read_entries(unmatched)
    ignored = [entry.name for entry in candidate.others if not entry.may_be_submission]
    return LayoutChoice(layout.NAME, reason, attempts, [entry.name for entry in unmatched], ignored)


def _doubt(candidate: _Candidate, tr: Translate) -> str:
    """Return the reason why a download that partly matches a layout is read by the plain layout, and what to do."""
    words = tr(
        "names that follow the {layout} layout: {count}; other names: {others}. "
        "To read the download as {layout}, pass --layout {layout}"
    )
    others = join_names([entry.name for entry in candidate.unmatched], MAX_NAMED)
    return words.format(count=len(candidate.matching), layout=candidate.layout.NAME, others=others)


def _read_plain(tree: Tree, stubs: Collection[str], reason: str, tr: Translate) -> LayoutChoice:
    tree = plain.unwrapped(tree)
    attempts, ignored = plain.read(tree, stubs)
    return LayoutChoice(plain.NAME, reason or _plain_reason(tree, stubs, tr), attempts, ignored=ignored)


def _plain_reason(tree: Tree, stubs: Collection[str], tr: Translate) -> str:
    if plain.is_one_submission(tree, stubs):
        return tr("one submission: a file with the name of a stub is at the top level")
    folder = only_folder(tree)
    if folder and sum(entry.is_folder for entry in tree.subtree(folder).entries) > 1:
        words = tr("one student, {folder}; if this folder contains the class, pass the folder itself")
        return words.format(folder=folder)
    return tr("one folder, file or archive for each student")
