"""Read the submissions of a class: its download, matched with the roster if there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from grader.core.language import translator
from grader.submissions.download_reader import read_download
from grader.submissions.file_reading import find_source_files
from grader.submissions.members.folders import read_tree
from grader.submissions.roster_matching import RosterMatch, match_roster
from grader.submissions.rosters import read_roster
from grader.submissions.student_files import open_student_files
from grader.submissions.submission import Submission, SubmissionMetadata


@dataclass(frozen=True)
class ClassSubmissions:
    """All attempts of all students, sorted by student, and facts about the download for the instructor.

    attempts: all attempts. If there is a roster, each student of the roster who has not submitted has one submission
        without files.
    layout, layout_reason: layout in which the download was read, and the reason for it.
    warnings: warnings about names in the download, one line each.
    not_on_roster: students who submitted but are not on the roster.
    several_names: names of each student who submitted under more than one name.
    """

    attempts: list[Submission]
    layout: str
    layout_reason: str
    warnings: list[str]
    not_on_roster: list[str]
    several_names: list[list[str]]

    def facts(self) -> dict[str, Any]:
        """Return the facts about the download as JSON values, for run.json."""
        several = Counter(attempt.student for attempt in self.attempts)
        missing = [latest.student for latest in latest_attempts(self.attempts) if not latest.metadata.attempt]
        return {
            "layout": self.layout,
            "why": self.layout_reason,
            "notes": self.warnings,
            "nothing": missing,
            "unknown": self.not_on_roster,
            "twice": self.several_names,
            "attempts": {student: number for student, number in sorted(several.items()) if number > 1},
        }


def read_class_submissions(
    path: Path,
    stubs: Collection[str],
    layout: str = "auto",
    roster: Path | None = None,
    language: str = "en",
    out: Path | None = None,
    zone: tzinfo | None = None,
) -> ClassSubmissions:
    """Read the download of a class, and its roster if there is one.

    stubs: names of the stub files.
    layout: one of `download_reader.LAYOUTS`.
    language: language of the warnings and of the reason for the layout.
    out: results folder of this run; if it is among the submissions, it is not read as a student.
    zone: time zone of times in the roster that have none; None for the time zone of this computer.
    Raises UsageError if the download or the roster cannot be read.
    """
    students = read_roster(roster, zone) if roster else None
    download = read_download(path, stubs, layout, translator(language), out)
    if students is None:
        match = RosterMatch(download.submissions)
    else:
        match = match_roster(download.submissions, students, path)
    return ClassSubmissions(
        match.submissions,
        download.layout,
        download.layout_reason,
        download.warnings,
        match.not_on_roster,
        match.several_names,
    )


def read_folder_of_student(student: str, folder: Path, metadata: SubmissionMetadata) -> Submission:
    """Return the submission in a folder that contains the files of one student.

    If the folder contains no source file, the submission lists all its files, and each file is a reason for review.
    """
    sources = find_source_files(folder)
    other_files = None if sources else partial(open_student_files, read_tree(folder).members)
    return Submission(student, folder, sources, list_files=other_files, metadata=metadata)


def latest_attempts(attempts: Collection[Submission]) -> list[Submission]:
    """Return the latest attempt of each student, sorted by student."""
    in_order = sorted(attempts, key=lambda attempt: (attempt.student, attempt.metadata.attempt))
    return list({attempt.student: attempt for attempt in in_order}.values())
