"""Plain folders and zips: one folder, source file or archive for each student, or the stub files of one student."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from grader.submissions.members.tree import Handed, Top, Tree, is_stub, one_folder

NAME = "plain"


def unwrapped(tree: Tree) -> Tree:
    """What lies below the one folder that wraps a whole zip, if there is one. A folder on disk is taken as it is."""
    folder = one_folder(tree)
    if not tree.zipped or not folder:
        return tree
    wrapped = tree.inside(folder)
    if not any(member.may_hold_code or member.is_folder or len(member.parts) > 1 for member in wrapped.members):
        return tree  # the folder of a student who handed in no source
    strays = [member for member in tree.members if member.at_top and member.leads_out]
    return Tree(tree.path, folder, [*wrapped.members, *strays], zipped=True, repositories=wrapped.repositories)


def is_one_submission(tree: Tree, stubs: Collection[str]) -> bool:
    """Whether stub files stand directly at the top."""
    return any(member.at_top and not member.leads_out and is_stub(member.parts[0], stubs) for member in tree.members)


def read(tree: Tree, stubs: Collection[str]) -> tuple[list[Handed], list[str]]:
    """The students, and the names at the top that are nobody's work."""
    if is_one_submission(tree, stubs):
        return [Handed(tree.name, list(tree.members))], []
    tops = tree.tops
    return students([top for top in tops if top.counts]), [top.name for top in tops if not top.counts]


def students(tops: Sequence[Top]) -> list[Handed]:
    """A student for every name: a folder's as it is, a file's without its ending unless another student has that."""
    taken = Counter(top.stem for top in tops)
    return [Handed(top.stem if top.is_folder or taken[top.stem] == 1 else top.name, top.members) for top in tops]
