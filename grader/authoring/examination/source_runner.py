"""Run sources on the checks of a function in the worker pool, such as mistakes, alternative solutions and mutants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from grader.authoring.examination.mutants import mutants_of
from grader.authoring.examination.seeds import SEEDS
from grader.core.outcomes import Outcome
from grader.course.library import ExerciseFiles, Library
from grader.course.mistakes import Mistake
from grader.execution.guest.default_limits import TIME_LIMIT
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.job_run import JobResult
from grader.execution.host.pool import Pool, submit_together

MUTANT_LIMIT = 0.15
"""Time limit, in seconds, for one check on a mutant. Solutions take a few milliseconds."""

SOURCES_PER_CHILD = 16
"""Maximum number of sources that share a child process. If a source ends its process, it runs again alone."""

Outcomes = Mapping[tuple[str, int], Outcome]
"""Outcomes by check id and seed."""

PendingResult = Callable[[], JobResult]
"""A function that waits for the result of one source and returns it."""


class SourceRunner:
    """Runs sources that belong to the functions of a course.

    with_mutants: False if `mutants` should return none.
    seeds: the seeds with which alternative solutions and mistakes run, the public seed first.
    """

    def __init__(self, library: Library, pool: Pool, with_mutants: bool, seeds: Sequence[int] = SEEDS) -> None:
        self._library, self._pool, self._with_mutants = library, pool, with_mutants
        self.seeds = seeds

    @property
    def root(self) -> Path:
        """The folder of the course."""
        return self._library.course.root

    def run(
        self,
        files: ExerciseFiles,
        function: str,
        sources: Iterable[str],
        seeds: Iterable[int],
        limit: float = TIME_LIMIT,
        sources_per_child: int = SOURCES_PER_CHILD,
    ) -> list[PendingResult]:
        """Start running each source on all checks of a function with each seed.

        limit: time limit for one check, in seconds.
        Returns for each source a function that waits for its result.
        """
        checks, module_of = files.exercise.checks_of(function), {function: files.exercise.name}
        requests = tuple(CheckRequest(function, check.id, seed) for seed in seeds for check in checks)
        jobs = [Job(((files.file, source.encode()),), module_of, requests, limit) for source in sources]
        return submit_together(self._pool, jobs, sources_per_child)

    def run_with_mistakes(
        self,
        files: ExerciseFiles,
        function: str,
        sources: Sequence[str],
        mistakes: Iterable[Mistake],
        seeds: Sequence[int],
    ) -> list[PendingResult]:
        """Start running sources and mistakes; return the pending results of the sources, then those of the mistakes.

        An adopted mistake is code of a student, so it runs in a separate child.
        """
        mistakes = list(mistakes)
        own = [mistake.source for mistake in mistakes if not mistake.adopted]
        results = self.run(files, function, [*sources, *own], seeds)
        adopted = [mistake.source for mistake in mistakes if mistake.adopted]
        adopted_results = self.run(files, function, adopted, seeds, sources_per_child=1)
        found = [results.pop(0) for _ in sources]
        return found + [(adopted_results if mistake.adopted else results).pop(0) for mistake in mistakes]

    def files_of(self, function: str) -> ExerciseFiles:
        """Return the files of the exercise to which a function belongs."""
        return self._library.exercise_files[self._library.course.exercise_of[function].name]

    def mutants(self, files: ExerciseFiles, function: str) -> list[tuple[str, PendingResult]]:
        """Start running all mutants of a function; return the change and the pending result of each mutant."""
        mutants = list(mutants_of(files.solution, function)) if self._with_mutants else []
        results = self.run(files, function, [m.source for m in mutants], self.seeds[:1], MUTANT_LIMIT)
        return [(m.change, result) for m, result in zip(mutants, results, strict=True)]
