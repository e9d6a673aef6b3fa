"""Cloned repositories, as GitHub Classroom makes them: ASSIGNMENT-LOGIN, each with its .git."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from grader.submissions.members.tree import Handed, Top, Translate, Tree
from grader.submissions.submission import About

NAME, UNMISTAKABLE = "github", False
LOGIN = re.compile(r"[0-9A-Za-z](?:-?[0-9A-Za-z])*-?", re.ASCII)
FOLDER = re.compile(r"(?P<assignment>.+)-submissions")
"""What `gh classroom clone student-repos` calls the folder of all repositories."""


def view(tree: Tree) -> Tree:
    """The part of a download that holds the students: all of it."""
    return tree


def is_certain(tree: Tree, tops: Sequence[Top]) -> bool:
    """Whether the folders are clones of repositories."""
    return all((top.name,) in tree.repositories for top in tops)


def is_ours(top: Top) -> bool:
    """Whether a name at the top can be a repository."""
    return top.is_folder


def why(ours: Sequence[Top], tr: Translate) -> str:
    """What it was known by."""
    return tr("{count} folders are clones of repositories").format(count=len(ours))


def read(tree: Tree, tops: Sequence[Top], stubs: Collection[str]) -> list[Handed]:
    """One submission for each repository; the student is the login where the common start of the names tells it."""
    start = prefix(tree.name, [top.name for top in tops])
    return [Handed(top.name.removeprefix(start), top.members, About(filed_as=top.name)) for top in tops]


def prefix(folder: str, names: Sequence[str]) -> str:
    """What stands before the login in the name of every repository; empty when that cannot be told."""
    named = FOLDER.fullmatch(folder)
    common = f"{named['assignment']}-" if named else ""
    if not common or not all(name.startswith(common) for name in names):
        first, last = min(names), max(names)  # what these two share, all share
        shared = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
        common = first[: first.rfind("-", 0, shared) + 1]
    logins = [name.removeprefix(common) for name in names]
    return common if all(map(LOGIN.fullmatch, logins)) else ""
