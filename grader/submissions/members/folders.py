"""The members of a folder on disk. No link is followed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from grader.core.reasons import Code, UnreadableError
from grader.submissions.members.tree import Member, Tree
from grader.submissions.submission import NO_SOURCES, as_text, read_start


def read_tree(folder: Path) -> Tree:
    """What lies in a folder, at any depth, in the order of the paths."""
    repositories: set[tuple[str, ...]] = set()
    members = sorted(_members(folder, repositories), key=lambda member: member.parts)
    return Tree(folder, as_text(folder.resolve().name), members, repositories=frozenset(repositories))


def file_tree(file: Path) -> Tree:
    """A single file, as if it lay in a folder alone."""
    name = as_text(file.name)
    return Tree(file.parent, name, [Member((name,), partial(read_start, file), size=file.stat().st_size)])


def _members(root: Path, repositories: set[tuple[str, ...]]) -> Iterator[Member]:
    todo: list[tuple[str, tuple[str, ...]]] = [(os.fspath(root), ())]
    while todo:  # no recursion: folders may be nested deeper than Python goes
        folder, above = todo.pop()
        try:
            with os.scandir(folder) as found:
                entries = list(found)
        except OSError:
            yield _shut(above, Code.UNREADABLE_FOLDER)
            continue
        kept = [entry for entry in entries if not entry.name.startswith(".") and entry.name not in NO_SOURCES]
        if any(entry.name == ".git" for entry in entries):
            repositories.add(above)
        if above and not kept:
            yield Member(above, partial(_refuse, Code.NOT_REGULAR), is_folder=True)
        for entry in kept:
            parts = (*above, sys.intern(as_text(entry.name)))  # most files are called alike
            if entry.is_dir(follow_symlinks=False):
                todo.append((entry.path, parts))
            else:
                yield _member(entry, parts)


def _member(entry: os.DirEntry[str], parts: tuple[str, ...]) -> Member:
    if entry.is_symlink() and len(parts) == 1 and Path(entry.path).is_dir():
        return _shut(parts, Code.LINK)
    try:
        size = 0 if entry.is_symlink() else entry.stat(follow_symlinks=False).st_size
    except OSError:
        size = 0  # gone in the meantime: reading it will say so
    return Member(parts, partial(read_start, entry.path), size=size, problem=Code.LINK if entry.is_symlink() else None)


def _shut(parts: tuple[str, ...], problem: Code) -> Member:
    """A folder that is not entered: it holds a file of its own name, which says why."""
    return Member((*parts, *parts[-1:]), partial(_refuse, problem), problem=problem)


def _refuse(reason: Code, most: int) -> bytes:
    raise UnreadableError(reason)
