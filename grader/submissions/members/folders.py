"""List the files in a folder on disk, at any depth. Links are not followed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from grader.core.reasons import Code, UnreadableError
from grader.submissions.file_reading import IGNORED_FOLDERS, raise_if_machine_fault, read_limited, utf8_name
from grader.submissions.members.tree import Member, Tree, is_skipped_folder


def read_tree(folder: Path) -> Tree:
    """Return the tree of a folder: its files at any depth, in the order of their paths."""
    repositories: set[tuple[str, ...]] = set()
    skipped: list[str] = []
    members = sorted(_members(folder, repositories, skipped), key=lambda member: member.parts)
    name = utf8_name(folder.resolve().name)
    return Tree(folder, name, members, repositories=frozenset(repositories), skipped=sorted(skipped))


def file_tree(file: Path) -> Tree:
    """Return the tree of a single file, as if it were alone in a folder."""
    name = utf8_name(file.name)
    return Tree(file.parent, name, [Member((name,), partial(read_limited, file), size=file.stat().st_size)])


def _members(root: Path, repositories: set[tuple[str, ...]], skipped: list[str]) -> Iterator[Member]:
    """Yield the members of a folder.

    Add the paths of folders that contain a `.git` to `repositories`, and skipped folders at the top level to `skipped`.
    """
    pending: list[tuple[str, tuple[str, ...]]] = [(os.fspath(root), ())]
    while pending:  # no recursion: folders may be nested deeper than Python's stack
        folder, folder_parts = pending.pop()
        try:
            with os.scandir(folder) as listing:
                all_entries = list(listing)
        except OSError as error:
            raise_if_machine_fault(error)
            yield _closed_folder(folder_parts, Code.UNREADABLE_FOLDER)
            continue
        entries = [e for e in all_entries if not e.name.startswith(".") and e.name not in IGNORED_FOLDERS]
        if any(entry.name == ".git" for entry in all_entries):
            repositories.add(folder_parts)
        if not folder_parts:
            skipped += [utf8_name(e.name) for e in all_entries if is_skipped_folder(e.name) and e.is_dir()]
        if folder_parts and not entries:
            yield Member(folder_parts, partial(_refuse, Code.NOT_REGULAR), is_folder=True)
        for entry in entries:
            parts = (*folder_parts, sys.intern(utf8_name(entry.name)))  # interned: many students use the same names
            if entry.is_dir(follow_symlinks=False):
                pending.append((entry.path, parts))
            else:
                yield _member(entry, parts)


def _member(entry: os.DirEntry[str], parts: tuple[str, ...]) -> Member:
    if entry.is_symlink() and len(parts) == 1 and Path(entry.path).is_dir():
        return _closed_folder(parts, Code.LINK)
    try:
        size = 0 if entry.is_symlink() else entry.stat(follow_symlinks=False).st_size
    except OSError:
        size = 0  # the file was removed after the listing, so `read_limited` will raise an error
    problem = Code.LINK if entry.is_symlink() else None
    return Member(parts, partial(read_limited, entry.path), size=size, problem=problem)


def _closed_folder(parts: tuple[str, ...], problem: Code) -> Member:
    """Return a placeholder for a folder that is not read: a file of its name in it, with the reason as `problem`."""
    return Member((*parts, *parts[-1:]), partial(_refuse, problem), problem=problem)


def _refuse(reason: Code, limit: int) -> bytes:
    raise UnreadableError(reason)
