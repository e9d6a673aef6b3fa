"""Read a download of GitHub Classroom: cloned repositories named ASSIGNMENT-LOGIN, each with a folder .git."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from grader.submissions.members.tree import DownloadedAttempt, TopEntry, Translate, Tree
from grader.submissions.submission import SubmissionMetadata

NAME, ONE_MATCH_SUFFICES = "github", False
LOGIN = re.compile(r"[0-9A-Za-z](?:-?[0-9A-Za-z])*-?", re.ASCII)
FOLDER = re.compile(r"(?P<assignment>.+)-submissions")
"""Name of the folder into which `gh classroom clone student-repos` clones all repositories."""


def student_tree(tree: Tree) -> Tree:
    """Return the part of a download that contains the students: the whole download."""
    return tree


def matches(entry: TopEntry) -> bool:
    """Return whether an entry may be a repository, which is a folder."""
    return entry.is_folder


def is_certain(tree: Tree, matching: Sequence[TopEntry]) -> bool:
    """Return whether all folders are clones of repositories."""
    return all((entry.name,) in tree.repositories for entry in matching)


def reason(matching: Sequence[TopEntry], tr: Translate) -> str:
    """Return how the layout was identified."""
    return tr("{count} folders are clones of repositories").format(count=len(matching))


def read(tree: Tree, matching: Sequence[TopEntry], stubs: Collection[str]) -> list[DownloadedAttempt]:
    """Return one attempt for each repository.

    The student's name is the login in the name of the repository; if no login is found, it is the whole name.
    """
    prefix = common_prefix(tree.name, [entry.name for entry in matching])
    return [
        DownloadedAttempt(entry.name.removeprefix(prefix), entry.members, SubmissionMetadata(filed_as=entry.name))
        for entry in matching
    ]


def common_prefix(folder: str, names: Sequence[str]) -> str:
    """Return the text before the login in the names of all repositories; empty if it cannot be found."""
    match = FOLDER.fullmatch(folder)
    prefix = f"{match['assignment']}-" if match else ""
    if not prefix or not all(name.startswith(prefix) for name in names):
        first, last = min(names), max(names)  # a prefix of both is a prefix of all names
        shared = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
        prefix = first[: first.rfind("-", 0, shared) + 1]
    logins = [name.removeprefix(prefix) for name in names]
    return prefix if all(map(LOGIN.fullmatch, logins)) else ""
