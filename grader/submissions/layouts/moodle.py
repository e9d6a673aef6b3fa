"""Moodle, "Download all submissions": NAME_PARTICIPANT_assignsubmission_PLUGIN, as folders or as flat files."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from grader.submissions.members.tree import Handed, Member, Top, Translate, Tree, is_litter
from grader.submissions.submission import About

NAME, UNMISTAKABLE = "moodle", True
FILED = re.compile(
    r"(?P<name>.*?)_(?P<id>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL | re.IGNORECASE
)
"""The first id counts: what stands behind it is the student's own name for a file, in which another's id may stand."""


def view(tree: Tree) -> Tree:
    """The part of a download that holds the students: all of it."""
    return tree


def is_ours(top: Top) -> bool:
    """Whether a name at the top is one of Moodle's: old and new folders, and flat files."""
    found = FILED.fullmatch(_filed_as(top))
    return found is not None and (top.is_folder or bool(found["file"]))


def is_certain(tree: Tree, ours: Sequence[Top]) -> bool:
    """Whether these names are enough to know it by."""
    return True


def why(ours: Sequence[Top], tr: Translate) -> str:
    """What it was known by."""
    if all(top.is_folder for top in ours):
        return tr("{count} folders are named NAME_ID_assignsubmission_…").format(count=len(ours))
    return tr("{count} names hold _ID_assignsubmission_").format(count=len(ours))


def read(tree: Tree, tops: Sequence[Top], stubs: Collection[str]) -> list[Handed]:
    """One submission for each participant (or group); the student is Moodle's id of the participant."""
    found: dict[str, Handed] = {}
    for top in tops:  # in the order of names: the folder of files, which takes feedback, before that of online text
        filed_as = _filed_as(top)
        parts = FILED.fullmatch(filed_as)
        assert parts  # the caller asked is_ours
        place = filed_as.removesuffix(parts["file"] or "") if not top.is_folder else filed_as
        about = About(name=" ".join(parts["name"].split("_")).strip(), filed_as=place)
        handed = found.setdefault(parts["id"], Handed(parts["id"], [], about))
        if top.is_folder:
            handed.members += top.members
        elif not is_litter(parts["file"]):
            handed.members += [_renamed(member, parts["file"]) for member in top.members]
    return list(found.values())


def _filed_as(top: Top) -> str:
    return top.name if top.is_folder else top.members[0].parts[0]


def _renamed(member: Member, name: str) -> Member:
    return replace(member, parts=(name,))
