"""Run known mistakes on the checks where they may explain an answer, and name the mistakes that explain the answer.

Theory of operation
    `prepare` looks at the failed checks of several answers, and decides on which checks each mistake must run
    (`needed_checks`). `prepare` starts these runs, except those that an earlier answer has started. `diagnose` waits
    for the runs. For the checks on which a mistake does not run, a file of the course says whether the mistake passes
    or fails (`course.passed_checks`). Rules 1 to 5 of `diagnosis` need only this knowledge about these checks. If these
    rules name no mistake, the mistakes that rule 6 may name as a best guess also run on all other checks that they
    fail, and all rules are applied again.
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
from grader.grading.verdicts.known_mistakes.outcome_file import OutcomeFile, Outcomes
from grader.grading.verdicts.known_mistakes.source_runs import start_mistakes
from grader.grading.verdicts.verdict import Verdict


class KnownMistakes:
    """The known mistakes of a course, observed with one seed. Each mistake runs at most once on each check.

    solution: a function that returns the outcomes of the solution on the checks of a function, by check id.
    outcome_file: outcomes that earlier runs observed; these mistakes do not run again on these checks.
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
        """Start all runs that the diagnosis of these answers needs. `answers` maps each function to its verdicts."""
        self._start(
            (mistake, mistake.needed(verdicts))
            for function, verdicts in answers.items()
            for mistake in self._of(function).values()
        )

    def diagnose(self, function: str, verdicts: Sequence[Verdict]) -> tuple[MistakeVerdicts, Diagnosis]:
        """Return the verdicts on mistakes that are known so far, and the mistakes that explain an answer."""
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
        """Start running the mistakes of these functions on all checks, including those that they are known to pass."""
        self._start((mistake, mistake.runnable()) for function in functions for mistake in self._of(function).values())

    def verdicts(self, function: str) -> MistakeVerdicts:
        """Run all mistakes of a function on all of its checks, and return the verdicts."""
        self.start([function])
        for mistake in self._of(function).values():
            mistake.wait(mistake.runnable())
        checks = [check.id for check in self._library.course.exercise_of[function].checks_of(function)]
        return {name: {c: one.verdicts[c] for c in checks} for name, one in self._of(function).items()}

    def new_outcomes(self) -> dict[str, Outcomes]:
        """Return the outcomes that this run observed, by function, as the outcome file stores them."""
        return {
            function: {_hash(one.mistake): outcomes for one in mistakes.values() if (outcomes := one.new_outcomes())}
            for function, mistakes in self._by_function.items()
        }

    def _observe_in_full(self, mistakes: Sequence[ObservedMistake]) -> MistakeVerdicts:
        needed = [(mistake, mistake.needed_in_full()) for mistake in mistakes]
        self._start(needed)
        for mistake, checks in needed:
            mistake.wait(checks)
        return {one.mistake.id: one.verdicts for one in mistakes}

    def _start(self, wanted: Iterable[tuple[ObservedMistake, Sequence[str]]]) -> None:
        """Start each mistake on those of its checks on which it was not started; several mistakes share a child."""
        runs = [(mistake, checks) for mistake, all_checks in wanted if (checks := mistake.not_observed(all_checks))]
        pending = start_mistakes(self._library, self._pool, self._seed, [(one.mistake, c) for one, c in runs])
        for (mistake, checks), outcomes in zip(runs, pending, strict=True):
            mistake.add_run(checks, outcomes)

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
    """Return the key of a mistake in the outcome file: a hash of its source. Equal sources have equal outcomes."""
    return digest(mistake.source, "adopted" if mistake.adopted else "")[:32]
