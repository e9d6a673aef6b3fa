"""Grade a class into a results folder: what `grader grade` does, without a command line.

docs/guides/instructor.md ("From Python") has an example that grades a folder and prints scores.

Theory of operation
    open     takes or draws the seed, writes run.json, and begins a run in the journal or resumes the last one
    grade    reads every attempt once. The pool starts at the first verdict that the journal lacks, so an unchanged
             class starts no worker. Every verdict is in the journal before its progress is reported. So if a run is
             killed and started again with the same plan, it grades nothing twice.
    results  computes the final results from the journal alone, one student at a time
    When the results were read to their end and the `with` block has ended without an error, the run has finished, and
    run.json is complete.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Any, TypeAlias

from grader.core.errors import UsageError
from grader.core.files.atomic_files import remove_unfinished
from grader.core.language import translator
from grader.course.library import Library, open_library
from grader.execution.host.archive_extraction import ArchiveExtractor
from grader.execution.host.pool import Executor, make_sandboxed_pool
from grader.grading.policy.final_score import Override
from grader.grading.policy.policy import Policy, policy_facts, policy_from_run
from grader.grading.results import run_facts
from grader.grading.results.final_result import FinalResult
from grader.grading.results.folder_lock import lock_folder
from grader.grading.results.journal import Journal
from grader.grading.results.plan import Plan
from grader.grading.results.run_file import JOURNAL_FILE, read_run, write_run
from grader.grading.results.run_seed import choose_seed
from grader.grading.results.verdict_cache.cache_key import exercise_keys
from grader.grading.runs.archive_opening import JournaledArchives
from grader.grading.runs.final_results import ScoreInputs, compute_final_results, is_dated_class
from grader.grading.runs.grading_pass import GradingPass, Progress
from grader.grading.runs.recorded_attempts import RecordedAttempt, recorded_attempts
from grader.grading.runs.submission_grader import SubmissionGrader
from grader.grading.verdicts.entry import SecondTry
from grader.grading.verdicts.known_mistakes.outcome_file import FILE as OUTCOME_FILE
from grader.grading.verdicts.known_mistakes.outcome_file import OutcomeFile
from grader.grading.verdicts.references import EarlierObservations
from grader.submissions.file_reading import OpenStudentArchive
from grader.submissions.submission import Submission, SubmissionMetadata

OpenPool: TypeAlias = Callable[[], AbstractContextManager[Executor]]
"""A function that makes the worker pool. The workers start when the pool's `with` block begins."""


class GradingRun:
    """One run of a plan into a results folder.

    `facts` are the parts of run.json that are known so far. `earlier_policy` is the policy under which the result files
    in the folder were written; None if there are no such files. `resumed` is None for a run that is reopened.
    """

    def __init__(
        self,
        out: Path,
        plan: Plan,
        library: Library,
        journal: Journal,
        resumed: bool | None = None,
        submissions: int | None = None,
    ) -> None:
        reopened = resumed is None
        self.out, self.plan, self.library, self.journal = out, plan, library, journal
        self.functions = list(journal.runs.exercise_keys) if reopened else plan.selected(library.course)
        self.graded = self.unchanged = self._decided = 0
        self._started, self._finished = time.monotonic(), False
        self._end: float | None = None
        self._resources = ExitStack()
        earlier = read_run(out, *run_facts.EARLIER)
        self.resumed = reopened or bool(resumed)
        self.seed = choose_seed(plan, earlier, self.resumed)
        self.has_earlier_seed = self.seed == earlier.get("seed")
        self.facts = run_facts.first_facts(self.seed, self.functions, earlier, reopened, submissions)
        self.earlier_policy = policy_from_run(earlier) if "schema" in earlier and "policy" in earlier else None
        self._result_facts: run_facts.ResultFacts | None = None
        self._earlier_seconds = float(earlier.get("seconds", 0.0)) if reopened else None
        # Keep the names and the policy of the last run: its result files stay there until this run replaces them.
        self._provisional_facts = run_facts.known_results(earlier) | run_facts.plan_facts(plan)
        if not reopened:
            write_run(out, self.facts | self._provisional_facts)

    @classmethod
    def open(
        cls,
        out: Path,
        plan: Plan,
        library: Library | None = None,
        retry_timeouts: bool = False,
        submissions: int | None = None,
    ) -> GradingRun:
        """Begin or resume a run; `library` is the plan's course, if it is read already.

        With `retry_timeouts`, time-outs and crashes of earlier runs are not reused. `submissions` is the number of
        attempts that will be graded, from which later commands compute how many an interrupted run has not graded.
        Raises UsageError, also if another process is writing into the folder (`results.folder_lock`).
        """
        library = library or open_library(plan.course_root())
        with ExitStack() as resources:
            resources.enter_context(lock_folder(out, whole_run=True, make_folder=True))
            remove_unfinished(out / OUTCOME_FILE)  # a run that observes no mistake does not write the file
            journal = resources.enter_context(Journal(out / JOURNAL_FILE))
            stubs = {name: files.stub for name, files in library.exercise_files.items()}
            resumed = journal.begin(plan.encoded().decode(), plan.fresh, stubs, retry_timeouts)
            run = cls(out, plan, library, journal, resumed, submissions)
            run._resources = resources.pop_all()
        return run

    @classmethod
    def reopen(cls, out: Path, plan: Plan, library: Library) -> GradingRun:
        """Open the last run again, to compute its results from the journal alone. Do not call `grade` on it.

        `plan` is the plan in run.json. Raises UsageError if the journal has no attempts, if the course lacks a function
        of the run, or if another process is writing into the folder.
        """
        with ExitStack() as resources:
            resources.enter_context(lock_folder(out, whole_run=True))
            journal = resources.enter_context(Journal(out / JOURNAL_FILE, upgrade=False))
            if not journal.runs.reopen():
                raise UsageError("{path}: the journal has no verdict yet. Run: grader regrade {path}", path=out)
            gone = [function for function in journal.runs.exercise_keys if function not in library.course.exercise_of]
            if gone:
                raise UsageError(
                    "The course has no function {names} any more. Run: grader regrade {path}",
                    names=", ".join(gone),
                    path=out,
                )
            run = cls(out, plan, library, journal)
            run._resources = resources.pop_all()
        return run

    @property
    def is_complete(self) -> bool:
        """True if every attempt of the run is graded. The results of a reopened run leave out attempts that are not."""
        return self.journal.runs.is_complete

    def grade(
        self, submissions: Sequence[Submission], open_pool: OpenPool | None = None, max_seconds: float | None = None
    ) -> Iterator[Progress]:
        """Grade the functions whose verdicts the journal lacks, and report progress after each attempt.

        The attempts of one student must be neighbors in `submissions`. Without `open_pool`, the submissions run in the
        plan's sandbox, in one worker per processor of this machine. From `max_seconds` after `open` on, no submission
        is started: the iterator ends, `is_complete` is false, and a run with the same plan grades the remaining
        submissions.
        """
        self._end = None if max_seconds is None else self._started + max_seconds
        with ArchiveExtractor(self.plan.sandbox) as extractor:
            open_archive = JournaledArchives(self.journal, extractor).open
            yield from self._grade(submissions, open_pool, open_archive)

    def _grade(
        self, submissions: Sequence[Submission], open_pool: OpenPool | None, open_archive: OpenStudentArchive
    ) -> Iterator[Progress]:
        level = run_facts.reusable_level(self.facts["sandbox"], self.plan)
        if level:
            grading_pass = self._make_pass(submissions, level, open_archive)
            yield from self._note_unchanged(grading_pass.skip_known())
            if not grading_pass.must_run:
                return
        with open_pool() if open_pool else self._own_pool(len(submissions)) as pool:
            if pool.level.value != level:  # cache keys contain the sandbox level, so look up all attempts again
                self.facts["sandbox"] = pool.level.value
                write_run(self.out, self.facts | self._provisional_facts)  # an interrupted run has its level there, too
                grading_pass = self._make_pass(submissions, pool.level.value, open_archive)
            plan = self.plan
            options = (plan.time_limit, plan.language, plan.strict_encoding, plan.submission_limit)
            outcomes = OutcomeFile(self.out, grading_pass.exercises, fresh=plan.fresh and not self.resumed)
            earlier = EarlierObservations(outcomes, self.journal.calls.undamaged(grading_pass.exercises))
            grader = SubmissionGrader(self.library, pool, self.seed, self.functions, *options, earlier)
            try:
                yield from self._note_unchanged(grading_pass.run_unknown(grader, pool.jobs))
            finally:
                with suppress(UsageError):  # without the file, the next run only takes longer
                    grader.save_outcomes()
        self.graded -= grading_pass.second_tries_left

    def results(
        self, policy: Policy | None = None, overrides: Mapping[str, Mapping[str, Override]] | None = None
    ) -> Iterator[FinalResult]:
        """Return an iterator over the final results of all students, computed from the journal.

        `overrides` are scores and comments set by a person, by student and function. Raises UsageError if the iterator
        of `grade` was not read to its end, JournalError if another program has changed the journal.
        """
        if self._earlier_seconds is None and not self.is_complete:
            raise UsageError(
                "Not every submission in {path} is graded yet. Iterate over grade() to its end.", path=self.out
            )
        inputs = ScoreInputs(policy or Policy(), overrides or {}, is_dated_class(self.people()))
        self.facts |= policy_facts(inputs.policy)
        facts = run_facts.ResultFacts()

        def counted_results() -> Iterator[FinalResult]:
            self._decided = 0
            for result in compute_final_results(
                self._counted_attempts(), self.library.course, inputs, translator(self.plan.language)
            ):
                facts.add(result)
                yield result
            self._result_facts = facts

        return counted_results()

    def results_under(self, inputs: ScoreInputs) -> Iterator[FinalResult]:
        """Yield the final result of every student under another policy or other overrides, and write nothing."""
        return compute_final_results(self._attempts(), self.library.course, inputs, translator(self.plan.language))

    def _attempts(self) -> Iterator[RecordedAttempt]:
        return recorded_attempts(self.journal, self.library, self.functions, self.plan.language, self.out)

    def _counted_attempts(self) -> Iterator[RecordedAttempt]:
        """Yield the attempts, and count the attempts in which no function waits for its second try."""
        for attempt, records in self._attempts():
            self._decided += all(record.second_try != SecondTry.LEFT for record, _ in records)
            yield attempt, records

    def graded_students(self) -> set[str]:
        """Return the students for whom a reopened run can compute final results."""
        attempts = recorded_attempts(self.journal, self.library, [], self.plan.language, self.out)
        return {attempt.student for attempt, _ in attempts}

    def people(self) -> dict[str, SubmissionMetadata]:
        """Return the metadata of each student's graded attempt.

        Before `results` is read to its end, return the metadata of each student's latest attempt.
        """
        return (
            self._result_facts.people
            if self._result_facts
            else {attempt.student: attempt.metadata for attempt in self.journal.runs.attempts()}
        )

    @property
    def last_finished(self) -> bool:
        """True if the files of the folder were complete and on the disk when this run began."""
        return self.journal.runs.last_finished

    def start_writing(self) -> None:
        """Note in the journal that the files of the folder are not complete until `finish` is called."""
        self.journal.runs.start_writing()

    def conclude(
        self, handed_in: dict[str, Any] | None = None, seconds: float | None = None, command: str = ""
    ) -> dict[str, Any]:
        """Return the complete content of run.json. Read `results` to its end before.

        `handed_in` says how the download was read, `seconds` how long the run took (default: measured from `open`).
        `command` is the command that repeats the run.
        """
        assert self._result_facts is not None, "results() was not read to its end"
        if seconds is None:
            seconds = time.monotonic() - self._started if self._earlier_seconds is None else self._earlier_seconds
        end = run_facts.end_facts(self.is_complete, seconds, command)
        end |= {} if self.is_complete else run_facts.interruption_facts(self.facts["submissions"], self._decided)
        self.facts |= self._result_facts.facts(handed_in) | end | run_facts.plan_facts(self.plan)
        return self.facts

    def finish(self) -> None:
        """Write run.json and mark the run as finished, so that the same plan starts a new run.

        If some attempts of a reopened run are not graded, it is not marked as finished.
        """
        write_run(self.out, self.facts)
        if self.is_complete:
            self.journal.runs.finish()
        self._finished = True

    def __enter__(self) -> GradingRun:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, *trace: object) -> None:
        if kind is not None:
            self._resources.__exit__(kind, error, None)
            return
        with self._resources:
            if self._result_facts is not None and not self._finished:
                self.conclude()
                self.finish()

    def _make_pass(
        self, submissions: Sequence[Submission], level: str, open_archive: OpenStudentArchive
    ) -> GradingPass:
        plan = self.plan
        settings = {
            "seed": self.seed,
            "versions": self.facts["versions"],
            "limits": [plan.time_limit, plan.memory_limit, plan.submission_seconds],
            "sandbox": level,
        }
        keys = exercise_keys(self.library, self.functions, settings)
        return GradingPass(
            submissions, self.journal, keys, self.library.mistake_hashes, open_archive, plan.strict_encoding, self._end
        )

    def _own_pool(self, submissions: int) -> AbstractContextManager[Executor]:
        plan, workers = self.plan, max(1, min(os.cpu_count() or 1, submissions))
        return make_sandboxed_pool(
            self.library.experiment_files, workers, plan.sandbox, plan.memory_limit, plan.time_limit
        )

    def _note_unchanged(self, reports: Iterator[Progress]) -> Iterator[Progress]:
        for progress in reports:
            self.graded, self.unchanged = progress.graded, progress.unchanged
            yield progress
