"""Second tries: after all first tries of a run, each function that timed out or crashed runs once more.

Theory of operation
    A time-out or crash may be chance: a busy machine, a process that somebody killed. If both tries end the same way,
    the entry of the function is stored like any other, so that later runs reuse it. If both tries end differently, the
    second try decides. In both cases the entry is marked (`FunctionEntry.second_try`). After the first try the entry is
    already in the journal, without a mark. For this reason, a run that is killed before the second try makes the second
    try when it is resumed. Equal submissions share one second try. A second try gets the part of the budget that the
    first try has not used. If a submission exceeds its budget, its run makes no second try. Instead, the first try of
    the next run counts as its second try.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from msgspec.structs import replace as replace_parts

from grader.core.outcomes import TimedOut
from grader.grading.results.journal import MAY_BE_CHANCE, Journal
from grader.grading.results.verdict_cache.cache_key import content_hash, submission_keys
from grader.grading.runs.submission_grader import StartedSubmission, SubmissionGrader
from grader.grading.verdicts.entry import NO_ATTACHMENTS, FunctionEntry, JournalEntry, SecondTry
from grader.submissions.file_reading import OpenStudentArchive
from grader.submissions.submission import Submission

WINDOW = 2
"""Maximum number of second tries in progress per worker: few, because results of hostile submissions may be large."""


@dataclass(frozen=True)
class Attempt:
    """An attempt with the hash of its files, and the files that the instructor chose, by function."""

    submission: Submission
    content: bytes
    accepted: Mapping[str, str]


@dataclass
class _EqualAttempts:
    """Attempts with equal files, which share one second try.

    `seconds_used` is the part of the budget that the first try used. `members` lists each attempt with its functions
    that run once more.
    """

    seconds_used: float
    members: list[tuple[Attempt, tuple[str, ...]]] = field(default_factory=list)

    @property
    def functions(self) -> list[str]:
        return list(dict.fromkeys(function for _, functions in self.members for function in functions))


class SecondTries:
    """The second tries of a run. `exercises` comes from `cache_key.exercise_keys`.

    `end` is a time of `time.monotonic`: after it, no second try starts. If `end` is None, there is no limit.
    """

    def __init__(
        self,
        journal: Journal,
        exercises: Mapping[str, str],
        open_archive: OpenStudentArchive,
        strict_encoding: bool,
        end: float | None,
    ) -> None:
        self._journal, self._exercises, self._open_archive = journal, exercises, open_archive
        self._strict_encoding, self._end = strict_encoding, end
        self._equal: dict[tuple[bytes, tuple[tuple[str, str], ...]], _EqualAttempts] = {}

    def __len__(self) -> int:
        return sum(len(equal.members) for equal in self._equal.values())

    def add(self, attempt: Attempt, entries: Sequence[JournalEntry], seconds_used: float = 0.0) -> None:
        """Note the functions of an attempt that need a second try. `entries` are the attempt's journal entries."""
        functions = functions_to_try_again([entry.result for entry in entries])
        if functions:
            key = attempt.content, tuple(sorted(attempt.accepted.items()))
            equal = self._equal.setdefault(key, _EqualAttempts(seconds_used))
            equal.members.append((attempt, functions))

    def run(self, grader: SubmissionGrader, jobs: int) -> None:
        """Make the second tries and store their entries. Tries that are not made in time stay noted for a later run."""
        waiting: deque[tuple[_EqualAttempts, StartedSubmission]] = deque()
        for key, equal in list(self._equal.items()):
            if self._is_over():
                break
            started = self._start(grader, equal)
            if started is None:
                del self._equal[key]
            else:
                waiting.append((equal, started))
            if len(waiting) >= WINDOW * jobs:
                self._finish_first(waiting)
        while waiting:
            self._finish_first(waiting)

    def _is_over(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    def _start(self, grader: SubmissionGrader, equal: _EqualAttempts) -> StartedSubmission | None:
        """Start a second try; return None if the submission has changed since the first one."""
        first, _ = equal.members[0]
        files = first.submission.read(self._open_archive)
        if content_hash(files, first.submission.problems, self._strict_encoding) != first.content:
            return None
        return grader.start(first.submission, files, equal.functions, first.accepted, equal.seconds_used)

    def _finish_first(self, waiting: deque[tuple[_EqualAttempts, StartedSubmission]]) -> None:
        """Store the entries of the first of the waiting tries, unless it is left for a later run."""
        equal, started = waiting[0]
        if self._end is not None:
            started.wait(max(0.0, self._end - time.monotonic()))
            if self._is_over():
                for _, other in waiting:
                    other.cancel()
        waiting.popleft()
        if started.is_cancelled:
            return
        second = {entry.result.function: entry for entry in started().entries}
        for attempt, functions in equal.members:
            self._store(attempt, functions, second)
        first, _ = equal.members[0]
        del self._equal[first.content, tuple(sorted(first.accepted.items()))]

    def _store(self, attempt: Attempt, functions: Sequence[str], second: Mapping[str, JournalEntry]) -> None:
        student = attempt.submission.student
        keys = submission_keys(self._exercises, attempt.content, attempt.accepted)
        keys = {function: keys[function] for function in functions}
        attachments = self._journal.attachments(student, keys)
        entries = [
            decide(replace(first, attachments=attachments.get(function, NO_ATTACHMENTS)), second[function])
            for function, first in self._journal.stored_entries(student, keys).items()
            if not first.result.second_try
        ]
        self._journal.keep(student, keys, [entry for entry in entries if entry.result.second_try])


def functions_to_try_again(entries: Sequence[FunctionEntry]) -> tuple[str, ...]:
    """Return the functions that timed out or crashed in one try; none if the submission exceeded its budget."""
    if any(map(is_over_budget, entries)):
        return ()
    return tuple(e.function for e in entries if e.outcome in MAY_BE_CHANCE and not e.second_try)


def without_second_try(entries: Mapping[str, JournalEntry]) -> dict[str, JournalEntry]:
    """Return the entries of a submission, by function, as an interrupted run shows them.

    An entry that timed out or crashed and has had no second try is marked, and loses its score, because the second try
    may end differently.
    """
    left = functions_to_try_again([entry.result for entry in entries.values()])
    return {
        function: replace(entry, result=replace_parts(entry.result, second_try=SecondTry.LEFT, score=None))
        if function in left
        else entry
        for function, entry in entries.items()
    }


def is_over_budget(entry: FunctionEntry) -> bool:
    """True if the submission exceeded its budget in a check of the function."""
    if entry.outcome not in MAY_BE_CHANCE:
        return False
    outcomes = (check.outcome for check in entry.checks)
    return any(isinstance(outcome, TimedOut) and outcome.is_over_budget for outcome in outcomes)


def decide(first: JournalEntry, second: JournalEntry) -> JournalEntry:
    """Return the entry that is stored after two tries, with a mark.

    If the second try ended because the grader failed or the budget was exceeded, it decides nothing: the first entry is
    returned without a mark.
    """
    if second.result.outcome == "grader_fault" or is_over_budget(second.result):
        return first
    if is_same_way(first.result, second.result):
        return _mark(first, SecondTry.SAME)
    return _mark(second, SecondTry.OTHER)


def confirm_over_budget(entries: Sequence[JournalEntry], earlier: Mapping[str, JournalEntry]) -> list[JournalEntry]:
    """Mark the entries of a submission that exceeded its budget if they ended the same way in an earlier run.

    Later runs reuse the marked entries. All remaining entries are returned unchanged. `earlier` are the entries of an
    earlier run under the same keys, by function.
    """
    return [
        _mark(entry, SecondTry.SAME)
        if entry.result.outcome in MAY_BE_CHANCE
        and entry.result.function in earlier
        and is_same_way(earlier[entry.result.function].result, entry.result)
        else entry
        for entry in entries
    ]


def is_same_way(first: FunctionEntry, second: FunctionEntry) -> bool:
    """True if two tries ended the same way: with the same outcome, and with the same checks passed."""
    passed = [[check.name for check in entry.checks if check.passed] for entry in (first, second)]
    return first.outcome == second.outcome and passed[0] == passed[1]


def _mark(entry: JournalEntry, second_try: SecondTry) -> JournalEntry:
    return replace(entry, result=replace_parts(entry.result, second_try=second_try))
