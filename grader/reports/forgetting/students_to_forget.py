"""Select the students whom `grader forget` removes: one by name, or all whose retention time is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.core.errors import UsageError
from grader.course.discovery import find_course
from grader.course.library import Library, open_library
from grader.grading.policy.policy import Retention, policy_from_run
from grader.grading.policy.policy_file import find_policy_file, read_policy
from grader.grading.results.journal import Journal
from grader.grading.results.overrides.override_history import read_history
from grader.grading.results.published_scores import read_published
from grader.grading.results.result_files import read_final_results
from grader.grading.results.run_file import JOURNAL_FILE, read_run
from grader.submissions.people import people_from_run
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata

Translate = Callable[[str], str]


@dataclass(frozen=True)
class StudentsToForget:
    """Ids of the students whose results (`results_of`) and whose submissions (`submissions_of`) are removed."""

    results_of: list[str]
    submissions_of: list[str]


@dataclass(frozen=True)
class ResultsToClean:
    """A results folder with its students and the content of its run.json.

    `library` is its course, and `policy` the policy file; None if not found. `keep` holds the retention limits.
    """

    folder: Path
    people: dict[str, SubmissionMetadata]
    run: dict[str, Any]
    library: Library | None
    policy: Path | None
    keep: Retention

    @cached_property
    def index(self) -> StudentIndex:
        """The students of the folder, in an index that finds one of them by id, email address or name."""
        return StudentIndex(self.people)

    def select_named(self, name: str) -> StudentsToForget:
        """Return the one student with this id, email address or name. Raises UsageError."""
        found = self.index.require(name)
        return StudentsToForget([found], [found])

    def select_expired(self, with_submissions: bool) -> StudentsToForget:
        """Return the students whose retention time is over.

        If `with_submissions` is false, no submissions are selected. Raises UsageError if the policy sets no limit.
        """
        if self.keep == Retention():
            raise UsageError(
                "The policy sets no time limit. Add names_days or submissions_days to the table [keep] in grader.toml."
            )
        now, keep = datetime.now(UTC), self.keep
        names = _students_older_than(self.run, self.people, keep.names_days, now)
        return StudentsToForget(
            names, _students_older_than(self.run, self.people, keep.submissions_days, now) if with_submissions else []
        )


def find_results_to_clean(folder: Path, course: Path | None, policy: Path | None, tr: Translate) -> ResultsToClean:
    """Read the students of a results folder, its course and its retention limits. Raises UsageError.

    Only a course that `course` names must exist: results can outlive their course.
    """
    try:
        library = open_library(find_course(course or Path.cwd()))
    except UsageError:
        if course is not None:
            raise
        library = None
    run = read_run(folder)
    file = find_policy_file(policy, library.course.root if library else folder)
    keep = read_policy(file, library.course, tr).keep if file and library else policy_from_run(run).keep
    names = [result.student for result in read_final_results(folder)] if (folder / "results.jsonl").is_file() else []
    if (folder / JOURNAL_FILE).is_file():
        with Journal(folder / JOURNAL_FILE, upgrade=False) as journal:
            names += journal.students()
    # The history also names students who are no longer in the run.
    names += [change.student for change in read_history(folder)]
    with suppress(UsageError):  # `forget_students` reports a published.json that cannot be read
        published = read_published(folder)
        names += published.students if published else ()
    people = people_from_run(run)
    return ResultsToClean(
        folder, people | {n: people.get(n, SubmissionMetadata()) for n in names}, run, library, file, keep
    )


def _students_older_than(
    run: Mapping[str, Any], people: Mapping[str, SubmissionMetadata], days: int | None, now: datetime
) -> list[str]:
    """Return the students who submitted at least `days` days ago.

    If the time of a submission is unknown, the time of the last run counts instead.
    """
    if days is None:
        return []
    try:
        graded = datetime.fromisoformat(str(run.get("finished"))).astimezone(UTC)
    except (ValueError, OverflowError):  # a person may have edited the file
        graded = now
    since = {student: about.submitted or graded for student, about in people.items()}
    return [student for student, moment in since.items() if (now - moment.astimezone(UTC)).days >= days]
