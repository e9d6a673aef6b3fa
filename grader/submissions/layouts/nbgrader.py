"""Read nbgrader's folder submitted/, which contains STUDENT/ASSIGNMENT/ with notebooks and timestamp.txt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from grader.core.visible_text import join_names
from grader.submissions.members.tree import DownloadedAttempt, Member, TopEntry, Translate, Tree
from grader.submissions.submission import SubmissionMetadata
from grader.submissions.timestamps import parse_timestamp

NAME, ONE_MATCH_SUFFICES = "nbgrader", False
SUBMITTED = "submitted"
COURSE = ("source", "release", "autograded", "feedback", "nbgrader_config.py", "gradebook.db")
"""Names next to submitted/ in the folder of a course for nbgrader."""

TIMESTAMP = "timestamp.txt"
TIMESTAMP_BYTES = 100
"""Maximum number of bytes that are read of a timestamp.txt."""


def student_tree(tree: Tree) -> Tree:
    """Return the part of a download that contains the students: its folder submitted/, or the whole download."""
    names = {entry.name for entry in tree.entries}
    return tree.subtree(SUBMITTED) if SUBMITTED in names and (names.intersection(COURSE) or len(names) == 1) else tree


def matches(entry: TopEntry) -> bool:
    """Return whether an entry may be the folder of a student."""
    return entry.is_folder


def is_certain(tree: Tree, matching: Sequence[TopEntry]) -> bool:
    """Return whether the download is a folder submitted/: it has this name, or contains time stamps of nbgrader."""
    has_timestamps = any(_is_timestamp(member) for entry in matching for member in entry.members)
    return has_timestamps or (tree.name == SUBMITTED and all(_holds_only_folders(entry) for entry in matching))


def reason(matching: Sequence[TopEntry], tr: Translate) -> str:
    """Return how the layout was identified."""
    words = tr("a submitted/ folder of nbgrader with {assignments}")
    return words.format(assignments=join_names(assignments(matching)) or "—")


def read(tree: Tree, matching: Sequence[TopEntry], stubs: Collection[str]) -> list[DownloadedAttempt]:
    """Return one attempt for each student, with the files of all assignments.

    The time of the attempt is the latest time stamp of the student.
    """
    return [
        DownloadedAttempt(entry.name, [m for m in entry.members if not _is_timestamp(m)], _metadata(entry))
        for entry in matching
    ]


def assignments(entries: Sequence[TopEntry]) -> list[str]:
    """Return the names of the assignments that at least one student submitted, in order."""
    members = [member for entry in entries for member in entry.members]
    return sorted({member.parts[0] for member in members if member.parts and not member.is_top_level_file})


def _holds_only_folders(entry: TopEntry) -> bool:
    return all(not member.is_top_level_file for member in entry.members)


def _is_timestamp(member: Member) -> bool:
    return len(member.parts) == 2 and member.name == TIMESTAMP


def _metadata(entry: TopEntry) -> SubmissionMetadata:
    times = [time for member in entry.members if _is_timestamp(member) and (time := _read_timestamp(member))]
    return SubmissionMetadata(submitted=max(times, default=None), filed_as=entry.name)


def _read_timestamp(member: Member) -> datetime | None:
    try:
        return parse_timestamp(member.read(TIMESTAMP_BYTES).decode("ascii", "replace"), UTC)
    except (OSError, ValueError):
        return None
