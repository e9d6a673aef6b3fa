"""Which layout a download has. It is never guessed in silence: the choice says why, and doubt falls to plain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from grader.core.errors import UsageError
from grader.submissions.layouts import canvas, github, gradescope, moodle, nbgrader, plain
from grader.submissions.members.tree import Handed, Top, Translate, Tree, names, one_folder

AUTO = "auto"
WRAPPED = 3
"""Folders that may stand round a download, each alone in the one above."""


class Layout(Protocol):
    """What the module of a layout offers."""

    NAME: str
    UNMISTAKABLE: bool
    """Whether one name of its own is enough; else a name that may be work and is not its own speaks against it."""

    def view(self, tree: Tree) -> Tree:
        """The part of a download that holds the students."""

    def is_ours(self, top: Top) -> bool:
        """Whether a name at the top is one that this layout makes."""

    def is_certain(self, tree: Tree, ours: Sequence[Top]) -> bool:
        """Whether these names are enough to know it by."""

    def read(self, tree: Tree, ours: Sequence[Top], stubs: Collection[str]) -> list[Handed]:
        """Every attempt of every student."""

    def why(self, ours: Sequence[Top], tr: Translate) -> str:
        """What it was known by."""


READERS: dict[str, Layout] = {reader.NAME: reader for reader in (moodle, gradescope, canvas, nbgrader, github)}
"""The one that is hardest to take for another first."""

LAYOUTS = (AUTO, plain.NAME, *READERS)
"""What --layout takes."""


@dataclass
class Choice:
    """A layout, why it is that one, and the work of everybody.

    `strangers` are names of work that the layout does not make, `left_out` those that are nobody's work.
    """

    layout: str
    why: str
    handed: list[Handed]
    strangers: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Look:
    """A layout that a download may have: the names at the top that fit, and the others."""

    layout: Layout
    tree: Tree
    ours: list[Top]
    others: list[Top]

    @property
    def strangers(self) -> list[Top]:
        return [top for top in self.others if top.counts]

    @property
    def is_sure(self) -> bool:
        return self.layout.UNMISTAKABLE or not self.strangers


def choose(tree: Tree, stubs: Collection[str], asked: str, tr: Translate) -> Choice:
    """Read a download by the layout that was asked for, or the one that it has. Raises UsageError."""
    if asked not in LAYOUTS:
        raise UsageError("--layout {asked}: known are {layouts}", asked=asked, layouts=", ".join(LAYOUTS))
    if asked == plain.NAME:
        return _plain(tree, stubs, tr("as you said"), tr)
    if asked != AUTO:
        return _told(tree, READERS[asked], stubs, tr)
    looks = [look for layout in READERS.values() for look in _looks(tree, layout)]
    certain = [look for look in looks if look.layout.is_certain(look.tree, look.ours)]
    sure = next((look for look in certain if look.is_sure), None)
    if sure:
        return _by(sure, sure.layout.why(sure.ours, tr), stubs)
    return _plain(tree, stubs, _doubt(certain[0], tr) if certain else "", tr)


def _looks(tree: Tree, layout: Layout) -> Iterator[_Look]:
    """The download as it is, and below the folders that wrap it, where the layout finds names of its own."""
    views = [tree]
    while len(views) <= WRAPPED and (folder := one_folder(views[-1])):
        views.append(views[-1].inside(folder))
    for view in views:
        seen = layout.view(view)
        tops = seen.tops
        named = [(layout.is_ours(top), top) for top in tops]
        ours = [top for is_ours, top in named if is_ours]
        if ours:
            yield _Look(layout, seen, ours, [top for is_ours, top in named if not is_ours])


def _told(tree: Tree, layout: Layout, stubs: Collection[str], tr: Translate) -> Choice:
    looks = list(_looks(tree, layout))
    if not looks:
        found = names([top.name for top in tree.tops if top.counts])
        raise UsageError(
            "{path}: nothing in it is named as {layout} does ({found}). Try --layout auto",
            path=tree.path,
            layout=layout.NAME,
            found=found or "-",
        )
    best = max(looks, key=lambda look: (layout.is_certain(look.tree, look.ours), -len(look.strangers)))
    return _by(best, tr("as you said"), stubs)


def _by(look: _Look, why: str, stubs: Collection[str]) -> Choice:
    handed = look.layout.read(look.tree, look.ours, stubs) + plain.students(look.strangers)
    left_out = [top.name for top in look.others if not top.counts]
    return Choice(look.layout.NAME, why, handed, [top.name for top in look.strangers], left_out)


def _doubt(look: _Look, tr: Translate) -> str:
    words = tr("{ours} names are as {layout} makes them, and {others} is not: --layout {layout} reads it all the same")
    others = names([top.name for top in look.strangers], 3)
    return words.format(ours=len(look.ours), layout=look.layout.NAME, others=others)


def _plain(tree: Tree, stubs: Collection[str], why: str, tr: Translate) -> Choice:
    tree = plain.unwrapped(tree)
    handed, left_out = plain.read(tree, stubs)
    return Choice(plain.NAME, why or _plainly(tree, stubs, tr), handed, left_out=left_out)


def _plainly(tree: Tree, stubs: Collection[str], tr: Translate) -> str:
    if plain.is_one_submission(tree, stubs):
        return tr("one submission: a file named like a stub stands directly in it")
    folder = one_folder(tree)
    if folder and sum(top.is_folder for top in tree.inside(folder).tops) > 1:
        return tr("one student, {folder}; if that folder holds the class, name it instead").format(folder=folder)
    return tr("one folder, file or archive for each student")
