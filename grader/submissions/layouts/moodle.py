"""Read a download of Moodle ("Download all submissions"): folders or files NAME_PARTICIPANT_assignsubmission_PLUGIN."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from grader.submissions.members.tree import DownloadedAttempt, Member, TopEntry, Translate, Tree, is_system_file
from grader.submissions.submission import SubmissionMetadata

NAME, ONE_MATCH_SUFFICES = "moodle", True
FILE_NAME = re.compile(
    r"(?P<name>.*?)_(?P<id>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL | re.IGNORECASE
)
"""A name as Moodle writes it. The first id in the name is the id of the participant.

The end of the name is the student's own file name, which may contain another id.
"""


def student_tree(tree: Tree) -> Tree:
    """Return the part of a download that contains the students: the whole download."""
    return tree


def matches(entry: TopEntry) -> bool:
    """Return whether an entry is a folder or a file with a name as any version of Moodle writes it."""
    match = FILE_NAME.fullmatch(_filed_as(entry))
    return match is not None and (entry.is_folder or bool(match["file"]))


def is_certain(tree: Tree, matching: Sequence[TopEntry]) -> bool:
    """Return True: the names alone identify the layout."""
    return True


def reason(matching: Sequence[TopEntry], tr: Translate) -> str:
    """Return how the layout was identified."""
    if all(entry.is_folder for entry in matching):
        return tr("{count} folders are named NAME_ID_assignsubmission_…").format(count=len(matching))
    return tr("{count} names contain _ID_assignsubmission_").format(count=len(matching))


def read(tree: Tree, matching: Sequence[TopEntry], stubs: Collection[str]) -> list[DownloadedAttempt]:
    """Return one attempt for each participant or group. Moodle's id of the participant becomes the student's name."""
    attempts: dict[str, DownloadedAttempt] = {}
    # The entries are sorted by name: the one with files, under which Moodle expects feedback, precedes the online text.
    for entry in matching:
        filed_as = _filed_as(entry)
        parts = FILE_NAME.fullmatch(filed_as)
        assert parts  # the caller passes entries for which `matches` is true
        folder = filed_as if entry.is_folder else filed_as.removesuffix(parts["file"] or "")
        metadata = SubmissionMetadata(name=" ".join(parts["name"].split("_")).strip(), filed_as=folder)
        attempt = attempts.setdefault(parts["id"], DownloadedAttempt(parts["id"], [], metadata))
        if entry.is_folder:
            attempt.members += entry.members
        elif not is_system_file(parts["file"]):
            attempt.members += [_renamed(member, parts["file"]) for member in entry.members]
    return list(attempts.values())


def _filed_as(entry: TopEntry) -> str:
    return entry.name if entry.is_folder else entry.members[0].parts[0]


def _renamed(member: Member, name: str) -> Member:
    return replace(member, parts=(name,))
