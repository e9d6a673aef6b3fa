"""Observe known mistakes where an answer may resemble them, once per run, and name those that explain the answer.

Theory of operation
    `prepare` looks at the failed checks of several answers, and decides on which checks each mistake must be observed
    (`needed_checks`). It starts all runs that were not started before. `diagnose` waits for these runs. On all other
    checks it is known whether the mistake passes or fails (`course.passed_checks`), which is all that rules 1 to 5 of
    `diagnosis` need. If these rules name no mistake, the mistakes that may be a best guess (rule 6) are observed on all
    checks that they fail, and all rules are applied again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from grader.core.hashing import digest
from grader.core.outcomes import Outcome
from grader.course.library import Library
from grader.course.mistakes import Mistake
from grader.execution.host.pool import Executor
from grader.grading.verdicts.diagnosis import Diagnosis, MistakeVerdicts, recognize_mistakes
from grader.grading.verdicts.known_mistakes.observed_mistake import ObservedMistake
from grader.grading.verdicts.known_mistakes.outcome_file import OutcomeFile
from grader.grading.verdicts.known_mistakes.source_runs import start_mistakes
from grader.grading.verdicts.verdict import Verdict


class KnownMistakes:
    """The known mistakes of a course with one seed.

    solution: returns the outcomes of the solution on the checks of a function.
    outcome_file: outcomes of earlier runs, which are not observed again.
    """

    def __init__(
        self,
        library: Library,
        pool: Executor,
        seed: int,
        solution: Callable[[str], Mapping[str, Outcome]],
        outcome_file: OutcomeFile | None = None,
    ) -> None:
        self._outcome_file = outcome_file
        self._library, self._pool, self._seed, self._solution = library, pool, seed, solution
        self._by_function: dict[str, dict[str, ObservedMistake]] = {}

    def prepare(self, answers: Mapping[str, Sequence[Verdict]]) -> None:
        """Start all runs that the diagnosis of these answers needs: verdicts by function."""
        self._start(
            (mistake, mistake.needed(verdicts))
            for function, verdicts in answers.items()
            for mistake in self._of(function).values()
        )

    def diagnose(self, function: str, verdicts: Sequence[Verdict]) -> tuple[MistakeVerdicts, Diagnosis]:
        """Return the mistakes that explain an answer to a function, and the verdicts on all mistakes so far."""
        mistakes = self._of(function)
        needed = [(mistake, mistake.needed(verdicts)) for mistake in mistakes.values()]
        self._start(needed)
        for mistake, checks in needed:
            mistake.wait(checks)
        failing = {name: mistake.failing for name, mistake in mistakes.items() if mistake.failing}
        found = {name: mistake.verdicts for name, mistake in mistakes.items()}

        def observe_in_full(names: Iterable[str]) -> MistakeVerdicts:
            return self._observe_in_full([mistakes[name] for name in names])

        return found, recognize_mistakes(verdicts, found, failing, observe_in_full)

    def start(self, functions: Iterable[str]) -> None:
        """Start the mistakes of these functions on all checks, also on those that they are known to pass."""
        self._start((one, one.runnable()) for function in functions for one in self._of(function).values())

    def verdicts(self, function: str) -> MistakeVerdicts:
        """Return the verdicts on all mistakes of a function, which run on all of its checks."""
        self.start([function])
        for mistake in self._of(function).values():
            mistake.wait(mistake.runnable())
        checks = [check.id for check in self._library.course.exercise_of[function].checks_of(function)]
        return {name: {c: one.verdicts[c] for c in checks} for name, one in self._of(function).items()}

    def save(self) -> None:
        """Add what was observed to the file of outcomes, if there is one. Raises UsageError if it cannot be written."""
        if self._outcome_file is None:
            return
        new = {
            function: {_hash(one.mistake): outcomes for one in mistakes.values() if (outcomes := one.new_outcomes())}
            for function, mistakes in self._by_function.items()
        }
        self._outcome_file.save({function: outcomes for function, outcomes in new.items() if outcomes})

    def _observe_in_full(self, mistakes: Sequence[ObservedMistake]) -> MistakeVerdicts:
        needed = [(mistake, mistake.needed_in_full()) for mistake in mistakes]
        self._start(needed)
        for mistake, checks in needed:
            mistake.wait(checks)
        return {one.mistake.id: one.verdicts for one in mistakes}

    def _start(self, wanted: Iterable[tuple[ObservedMistake, Sequence[str]]]) -> None:
        """Start runs on the checks that were not observed; several runs share a child."""
        runs = [(mistake, checks) for mistake, all_checks in wanted if (checks := mistake.not_observed(all_checks))]
        pending = start_mistakes(self._library, self._pool, self._seed, [(one.mistake, c) for one, c in runs])
        for (mistake, checks), outcomes in zip(runs, pending, strict=True):
            mistake.run(checks, outcomes)

    def _of(self, function: str) -> dict[str, ObservedMistake]:
        if function not in self._by_function:
            exercise = self._library.course.exercise_of[function]
            files, checks = self._library.exercise_files[exercise.name], exercise.checks_of(function)
            solution = self._solution(function)
            stored = self._outcome_file.load(function) if self._outcome_file else {}
            self._by_function[function] = {
                mistake.id: ObservedMistake(mistake, checks, solution, files.behaviors.get(mistake.id))
                for mistake in files.mistakes_of(function)
            }
            for one in self._by_function[function].values():
                one.take_stored(stored.get(_hash(one.mistake), {}))
        return self._by_function[function]


def _hash(mistake: Mistake) -> str:
    """Return the name of a mistake in the file of outcomes: equal sources have equal outcomes."""
    return digest(mistake.source, "adopted" if mistake.adopted else "")[:32]
