"""nbgrader's submitted/ tree: STUDENT/ASSIGNMENT/ with the notebooks, and timestamp.txt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from grader.submissions.members.tree import Handed, Member, Top, Translate, Tree, names
from grader.submissions.submission import About
from grader.submissions.timestamps import moment

NAME, UNMISTAKABLE = "nbgrader", False
SUBMITTED = "submitted"
COURSE = ("source", "release", "autograded", "feedback", "nbgrader_config.py", "gradebook.db")
"""What stands beside submitted/ in the folder of an nbgrader course."""

TIMESTAMP = "timestamp.txt"


def view(tree: Tree) -> Tree:
    """The part of a download that holds the students: submitted/ in the folder of a course."""
    tops = {top.name for top in tree.tops}
    return tree.inside(SUBMITTED) if SUBMITTED in tops and (tops.intersection(COURSE) or len(tops) == 1) else tree


def is_ours(top: Top) -> bool:
    """Whether a name at the top is one that this layout makes."""
    return top.is_folder


def is_certain(tree: Tree, tops: Sequence[Top]) -> bool:
    """Whether it is a submitted/ tree: called so, or with the time-stamps that nbgrader leaves."""
    stamped = any(_is_stamp(member) for top in tops for member in top.members)
    return stamped or (tree.name == SUBMITTED and all(_holds_folders_only(top) for top in tops))


def why(ours: Sequence[Top], tr: Translate) -> str:
    """What it was known by."""
    words = tr("a submitted/ tree with {assignments}")
    return words.format(assignments=names(assignments(ours), 8) or "—")


def read(tree: Tree, tops: Sequence[Top], stubs: Collection[str]) -> list[Handed]:
    """One submission for each student, with all of its assignments; the last time-stamp counts."""
    return [Handed(top.name, [m for m in top.members if not _is_stamp(m)], _about(top)) for top in tops]


def assignments(tops: Sequence[Top]) -> list[str]:
    """The assignments that anybody handed in."""
    return sorted({member.parts[0] for top in tops for member in top.members if member.parts and not member.at_top})


def _holds_folders_only(top: Top) -> bool:
    return all(not member.at_top for member in top.members)


def _is_stamp(member: Member) -> bool:
    return len(member.parts) == 2 and member.name == TIMESTAMP


def _about(top: Top) -> About:
    moments = [made for member in top.members if _is_stamp(member) and (made := _stamp(member))]
    return About(submitted=max(moments, default=None), filed_as=top.name)


def _stamp(member: Member) -> datetime | None:
    try:
        return moment(member.take(100).decode("ascii", "replace"), UTC)
    except (OSError, ValueError):
        return None
