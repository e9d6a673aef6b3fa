"""Targets: a journal that a stranger has changed, either its bytes, or its rows and schema with correct checksums.

A changed schema may contain triggers and views, which the grader must never execute. Each trigger here writes into the
table `canary`, so this table must stay empty.
"""

import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from grader.core.errors import GraderError
from grader.course.library import Library, open_library
from grader.grading.policy.policy import COURSE as COURSE_DEADLINE
from grader.grading.policy.policy import LatePolicy, Policy
from grader.grading.results.answer_lookup import AnswerLookup
from grader.grading.results.attachment_lookup import load_attachments
from grader.grading.results.journal import Journal
from grader.grading.results.run_file import JOURNAL_FILE
from grader.grading.runs.policy_trial import PolicyTrial
from tests.fuzz.target import Target
from tests.fuzz.targets.changed_journals import changed_journal
from tests.fuzz.targets.results import (
    CONTENT,
    EXERCISE_KEYS,
    FINGERPRINT,
    JOB,
    KEYS,
    NO_MISTAKES,
    PEOPLE,
    entry,
    record,
    results_folder,
)
from tests.fuzz.targets.scratch import empty_folder
from tests.tools import COURSE, TESTS

RELEASE_0_1 = TESTS / "grading/results/release_0_1" / JOURNAL_FILE


def read_journal(data: bytes) -> None:
    """Read a journal as each command does. The commands may raise GraderError, but no other error."""
    for read in (_look_up, _read_only, _settle, _forget, _resume):
        path = empty_folder("journal") / JOURNAL_FILE
        path.write_bytes(data)
        with suppress(GraderError):
            read(path)
        assert not _canary(path), "a trigger or view of the stranger was executed"


def _look_up(path: Path) -> None:
    load_attachments(path, [record("ada", function, False) for function in KEYS])
    with AnswerLookup(path) as answers:
        answers.find("ada", "descend", FINGERPRINT)


def _read_only(path: Path) -> None:
    with Journal(path, read_only=True) as journal:
        if journal.runs.reopen():
            _read_run(journal)


@cache
def library() -> Library:
    """Return the miniature course."""
    return open_library(COURSE)


def _settle(path: Path) -> None:
    """Compute the final results under a policy with a deadline and a penalty."""
    policy = Policy(deadlines={COURSE_DEADLINE: datetime(2026, 12, 1, tzinfo=UTC)}, late=LatePolicy(percent_per_day=10))
    with PolicyTrial(path.parent, library(), {}, "en") as trial:
        for result in trial.results(policy):
            assert result.final.score is None or 0 <= result.final.score <= 4
        trial.remarks(policy)


def _read_run(journal: Journal) -> None:
    assert journal.runs.is_complete in (True, False)
    calls = journal.calls.lookup(journal.runs.exercise_keys)
    for function in KEYS:
        calls(f"{function}::check")
    for attempt in journal.runs.attempts():
        journal.has_entries(attempt.student, attempt.keys)
        journal.stored_entries(attempt.student, attempt.keys)
        journal.attachments(attempt.student, attempt.keys)
        for one in journal.accepted.of_student(attempt.student):
            assert one.student
        with suppress(GraderError):
            journal.entries(attempt.student, attempt.keys)


def _forget(path: Path) -> None:
    with Journal(path, upgrade=False) as journal:
        assert journal.can_choose in (True, False)
        assert all(isinstance(student, str) for student in journal.students()), "an id is not a text"
        journal.forget(["ada"])


def _resume(path: Path) -> None:
    """Read and write the journal as `grader grade` does."""
    with Journal(path) as journal:
        journal.begin("plan")
        journal.runs.earlier_fixes()
        journal.calls.remove_damaged()
        for student in PEOPLE:
            journal.find(student, KEYS, NO_MISTAKES)
            journal.accepted.choices(student, CONTENT, ["a.py", "b.py"])
            journal.attachments(student, KEYS)
        journal.extractions.find("ada", JOB, "3.6")
        journal.runs.start_attempts(EXERCISE_KEYS)
        journal.keep("eve", KEYS, list(map(entry, KEYS)))
        journal.runs.complete_attempts()
        _read_run(journal)
        assert isinstance(journal.runs.secret, bytes)
        journal.runs.start_writing()
        journal.runs.finish()


def _canary(path: Path) -> int:
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM canary").fetchone()[0])
    return 0


@cache
def journals() -> list[bytes]:
    """Return a journal of this version, and one of release 0.1."""
    return [(results_folder() / JOURNAL_FILE).read_bytes(), RELEASE_0_1.read_bytes()]


TARGETS = (
    Target("journal_bytes", read_journal, journals, words=(b"CREATE TRIGGER", b"CREATE VIEW", bytes(100))),
    Target("journal_rows", read_journal, journals, mutate=changed_journal),
)
