"""The submissions of a class: a download, matched with the roster if there is one."""

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
    """Every attempt of every student, sorted by student, and facts about the download for the instructor.

    With a roster, `attempts` also holds a submission without files for every student of the roster who is missing.
    `layout_reason` says why the download has this layout. `several_names` lists the names of each student who
    submitted under more than one name.
    """

    attempts: list[Submission]
    layout: str
    layout_reason: str
    warnings: list[str]
    not_on_roster: list[str]
    several_names: list[list[str]]

    def facts(self) -> dict[str, Any]:
        """Return the facts about the download that run.json keeps, ready for JSON."""
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

    `stubs` are the names of the stub files, `layout` is one of LAYOUTS, `out` is the results folder, which may
    be among the submissions. Times of the roster without a time zone are in `zone`; without it, in the time zone of
    this computer. Raises UsageError where the download or the roster cannot be read.
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
    """Return the submission in a folder that holds one student's files; without code, all files need review."""
    sources = find_source_files(folder)
    other_files = None if sources else partial(open_student_files, read_tree(folder).members)
    return Submission(student, folder, sources, list_files=other_files, metadata=metadata)


def latest_attempts(attempts: Collection[Submission]) -> list[Submission]:
    """Return the latest attempt of each student, sorted by student."""
    in_order = sorted(attempts, key=lambda attempt: (attempt.student, attempt.metadata.attempt))
    return list({attempt.student: attempt for attempt in in_order}.values())
