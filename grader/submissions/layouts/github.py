"""Layout of GitHub Classroom: cloned repositories named ASSIGNMENT-LOGIN, each with its .git."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from grader.submissions.members.tree import DownloadedAttempt, TopEntry, Translate, Tree
from grader.submissions.submission import SubmissionMetadata

NAME, ONE_MATCH_SUFFICES = "github", False
LOGIN = re.compile(r"[0-9A-Za-z](?:-?[0-9A-Za-z])*-?", re.ASCII)
FOLDER = re.compile(r"(?P<assignment>.+)-submissions")
"""The folder that `gh classroom clone student-repos` makes for all repositories."""


def student_tree(tree: Tree) -> Tree:
    """Return the part of a download that holds the students: all of it."""
    return tree


def matches(entry: TopEntry) -> bool:
    """Return whether an entry may be a repository."""
    return entry.is_folder


def is_certain(tree: Tree, matching: Sequence[TopEntry]) -> bool:
    """Return whether all folders are clones of repositories."""
    return all((entry.name,) in tree.repositories for entry in matching)


def reason(matching: Sequence[TopEntry], tr: Translate) -> str:
    """Return how the layout was identified."""
    return tr("{count} folders are clones of repositories").format(count=len(matching))


def read(tree: Tree, matching: Sequence[TopEntry], stubs: Collection[str]) -> list[DownloadedAttempt]:
    """Return one attempt for each repository.

    The student's name is the login; if there is none, the whole name of the repository.
    """
    prefix = common_prefix(tree.name, [entry.name for entry in matching])
    return [
        DownloadedAttempt(entry.name.removeprefix(prefix), entry.members, SubmissionMetadata(filed_as=entry.name))
        for entry in matching
    ]


def common_prefix(folder: str, names: Sequence[str]) -> str:
    """Return what precedes the login in the names of all repositories; empty if that is unclear."""
    match = FOLDER.fullmatch(folder)
    prefix = f"{match['assignment']}-" if match else ""
    if not prefix or not all(name.startswith(prefix) for name in names):
        first, last = min(names), max(names)  # all names share the common prefix of these two
        shared = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
        prefix = first[: first.rfind("-", 0, shared) + 1]
    logins = [name.removeprefix(prefix) for name in names]
    return prefix if all(map(LOGIN.fullmatch, logins)) else ""
