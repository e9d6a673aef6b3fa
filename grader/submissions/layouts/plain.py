"""Read a download that follows no LMS: one folder, source file or archive for each student, or one student's files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from grader.submissions.members.tree import DownloadedAttempt, TopEntry, Tree, is_stub, only_folder

NAME = "plain"


def unwrapped(tree: Tree) -> Tree:
    """Return the content of the only folder in a zip, if the zip has such a folder around the class.

    The tree of a folder on disk is returned unchanged.
    """
    folder = only_folder(tree)
    if not tree.zipped or not folder:
        return tree
    inner = tree.subtree(folder)
    if not any(member.may_hold_code or member.is_folder or len(member.parts) > 1 for member in inner.members):
        return tree  # the folder is not around the class: it belongs to a student who submitted no source file
    outside = [member for member in tree.members if member.is_top_level_file and member.outside_name]
    return Tree(tree.path, folder, [*inner.members, *outside], zipped=True, repositories=inner.repositories)


def is_one_submission(tree: Tree, stubs: Collection[str]) -> bool:
    """Return whether the download is one submission: it has a file with the name of a stub at the top level."""
    files = [member for member in tree.members if member.is_top_level_file and not member.outside_name]
    return any(is_stub(member.parts[0], stubs) for member in files)


def read(tree: Tree, stubs: Collection[str]) -> tuple[list[DownloadedAttempt], list[str]]:
    """Return one attempt for each student, and the names at the top level that are not submissions."""
    if is_one_submission(tree, stubs):
        return [DownloadedAttempt(tree.name, list(tree.members))], []
    entries = tree.entries
    ignored = [entry.name for entry in entries if not entry.may_be_submission]
    return read_entries([entry for entry in entries if entry.may_be_submission]), ignored


def read_entries(entries: Sequence[TopEntry]) -> list[DownloadedAttempt]:
    """Return one attempt for each entry.

    The student's name is the name of the entry without its suffix. If two entries have the same name without the
    suffix, the names of files keep the suffix.
    """
    stems = Counter(entry.stem for entry in entries)
    return [
        DownloadedAttempt(
            entry.stem if entry.is_folder or stems[entry.stem] == 1 else entry.name,
            entry.members,
        )
        for entry in entries
    ]
