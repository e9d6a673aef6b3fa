"""The doctor: prove that the checks catch every known mistake and accept every right answer.

The kill matrix is mistake x check x seed. Whatever it shows to be wrong with the material is a finding with its cure;
all findings of a run are reported together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from grader.authoring.mutants import mutants_of
from grader.authoring.null_answers import NULL_ANSWERS, null_answer
from grader.core.outcome_encoding import outcome_to_plain
from grader.core.outcome_text import outcome_summary
from grader.core.outcomes import NotAttempted, Observed, Outcome, Status
from grader.core.values import to_plain
from grader.course.library import Library, Shelf
from grader.course.mistakes import Mistake
from grader.execution.guest.frames import TIME_LIMIT, CheckRequest, Job
from grader.execution.host.pool import JobResult, Pool, submit_together
from grader.experiments.declaration import Declared
from grader.grading.verdicts.diagnosis import Known, judge_known, recognise
from grader.grading.verdicts.verdict import Verdict, decide, distance

SEEDS = (0, 1, 2, 3, 4)
"""A verdict that depends on the seed shows within a few."""

NULL_SEEDS = SEEDS[:1]
ENDLESS_LIMIT = 0.5
"""Seconds that a mistake declared endless may take."""

MUTANT_LIMIT = 0.15
"""Seconds for one experiment on a mutant; the solution takes a few milliseconds."""

FAR = 100.0
"""Tolerances between right and wrong: less is grey, and flips on another machine."""

NEAR = 0.1
"""Tolerances that a right answer may be away from the solution."""


@dataclass(frozen=True)
class Finding:
    """Something wrong with the material: where, what, and the cure."""

    place: str
    found: str
    cure: str


@dataclass
class Diagnosis:
    """What the doctor found: faults, surviving mutants, and how much was tried."""

    findings: list[Finding] = field(default_factory=list)
    survivors: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


Outcomes = Mapping[tuple[str, int], Outcome]
Running = Callable[[], JobResult]
"""Waits for the result of a source."""

AT_A_TIME = 16
"""Sources that share a child; what ends it is run again alone."""


class Doctor:
    """Examines the exercises of a library, function by function."""

    def __init__(self, library: Library, pool: Pool, mutants: bool = True) -> None:
        self._library, self._pool, self._mutants = library, pool, mutants
        self.diagnosis = Diagnosis(
            counts=dict.fromkeys(("checks", "mistakes", "alternatives", "null answers", "mutants"), 0)
        )

    def examine(self, functions: Sequence[str]) -> Iterator[str]:
        """Examine functions, yielding the name of each when it is done."""
        patients = [_Patient(self, function) for function in functions]
        for exercise in dict.fromkeys(self.shelf_of(function).exercise.name for function in functions):
            for error in self._library.shelves[exercise].unhinted:
                self.diagnosis.findings.append(Finding(error.place, error.found, error.cure))
        for patient in patients:  # everything is submitted before anything is waited for: the workers stay busy
            patient.admit()
        for patient in patients:
            patient.examine()
            yield patient.function

    def run(
        self,
        shelf: Shelf,
        function: str,
        sources: Iterable[str],
        seeds: Iterable[int],
        limit: float = TIME_LIMIT,
        at_a_time: int = AT_A_TIME,
    ) -> list[Running]:
        """Run sources on the checks of a function, several in a child."""
        checks, home = shelf.exercise.checks_of(function), {function: shelf.exercise.name}
        requests = tuple(CheckRequest(function, check.id, seed) for seed in seeds for check in checks)
        jobs = [Job(((shelf.file, source.encode()),), home, requests, limit) for source in sources]
        return submit_together(self._pool, jobs, at_a_time)

    def shelf_of(self, function: str) -> Shelf:
        """Where a function belongs."""
        return self._library.shelves[self._library.course.home[function].name]

    def mutants(self, shelf: Shelf, function: str) -> list[tuple[str, Running]]:
        """Every mutant of a function, running."""
        made = list(mutants_of(shelf.solution, function)) if self._mutants else []
        running = self.run(shelf, function, [m.source for m in made], SEEDS[:1], MUTANT_LIMIT)
        return [(m.change, result) for m, result in zip(made, running, strict=True)]


class _Patient:
    """One function: what is run for it, and what that shows."""

    def __init__(self, doctor: Doctor, function: str) -> None:
        self.function, self._doctor, self._shelf = function, doctor, doctor.shelf_of(function)
        self._checks = self._shelf.exercise.checks_of(function)
        self._judged: dict[int, Known] = {}
        self._findings, self._counts = doctor.diagnosis.findings, doctor.diagnosis.counts

    def admit(self) -> None:
        """Submit everything that must be run."""
        run, shelf, f = self._doctor.run, self._shelf, self.function
        mistakes, alternatives = shelf.mistakes_of(f), list(shelf.alternatives_of(f))
        steady = [shelf.solution, *(a.data.decode("utf-8") for a in alternatives)]
        steady += [m.source for m in mistakes if not m.ends]
        ending = [m.source for m in mistakes if m.ends]
        endless = run(shelf, f, ending, SEEDS[:1], ENDLESS_LIMIT, at_a_time=1)  # in company it would be run twice
        self._solution, *rest = run(shelf, f, steady, SEEDS)
        self._alternatives = [(a.path, rest.pop(0)) for a in alternatives]
        self._mistakes = {m.id: (m, (endless if m.ends else rest).pop(0)) for m in mistakes}
        idle = [shelf.stub, *(null_answer(f, body) for body in NULL_ANSWERS.values())]
        self._stub, *nulls = run(shelf, f, idle, NULL_SEEDS)
        self._nulls = dict(zip(NULL_ANSWERS, nulls, strict=True))
        self._mutated = self._doctor.mutants(shelf, f)

    def examine(self) -> None:
        """Compare everything with the solution."""
        self._reference: Outcomes = self._solution().outcomes
        if not self._healthy():
            return
        self._constant_checks()
        self._given = {m.id: result().outcomes for m, result in self._mistakes.values()}
        for mistake, _ in self._mistakes.values():
            self._mistake(mistake)
        self._twins()
        self._idle_checks()
        for name, result in self._alternatives:
            self._alternative(name, result().outcomes)
        self._answers_that_do_nothing()
        self._surviving_mutants()
        self._counts["checks"] += len(self._checks)
        self._counts["mistakes"] += len(self._mistakes)
        self._counts["alternatives"] += len(self._alternatives)

    def _find(self, place: str, found: str, cure: str) -> None:
        self._findings.append(Finding(place, found, cure))

    def _verdicts(self, outcomes: Outcomes, seed: int) -> list[Verdict]:
        return [decide(check, outcomes[check.id, seed], self._reference[check.id, seed]) for check in self._checks]

    def _healthy(self) -> bool:
        """The solution itself is observed, everywhere."""
        bad = [(check, seed, o) for (check, seed), o in self._reference.items() if not isinstance(o, Observed)]
        for check, seed, outcome in bad[:1]:
            self._find(
                check,
                f"the solution gives no observation with seed {seed}: {outcome_summary(outcome)}",
                "mend the solution or the experiment",
            )
        return not bad

    def _constant_checks(self) -> None:
        for check in self._checks:
            seen = [_plain(self._reference[check.id, seed]) for seed in SEEDS]
            yardsticks = seen[0].keys() - check.tolerance.at_most.keys()  # a limit can be met by a made-up number
            if not any(one[name] != seen[0][name] for one in seen[1:] for name in yardsticks):
                cure = "observe a value that is computed from a random input, too"
                self._find(check.id, "no value depends on the seed: it can be passed without computing anything", cure)

    def _mistake(self, mistake: Mistake) -> None:
        if mistake.ends:
            statuses = {v.status.value for v in self._known(SEEDS[0])[mistake.id].values()}
            if mistake.ends not in statuses:
                self._find(
                    mistake.id, f"declared {mistake.ends}, but it is {', '.join(sorted(statuses))}", "mend its outcome"
                )
            return
        by_seed = {seed: list(self._known(seed)[mistake.id].values()) for seed in SEEDS}
        living = [seed for seed, verdicts in by_seed.items() if all(v.passed for v in verdicts)]
        if living:
            cure = "add an experiment that shows the difference, or drop the mistake"
            self._find(mistake.id, f"it lives: no check fails (seeds {living})", cure)
            return
        for index, check in enumerate(self._checks):
            if len({verdicts[index].passed for verdicts in by_seed.values()}) > 1:
                cure = "choose inputs that show the mistake with every seed, or with none"
                self._find(f"{mistake.id} on {check.name}", "the verdict depends on the seed", cure)
        nearest = min(max(distance(v) for v in verdicts) for verdicts in by_seed.values())
        if nearest < FAR:
            cure = "add an experiment that makes the difference large"
            self._find(mistake.id, f"it dies by {nearest:.3g} tolerances only: grey", cure)
        self._own_hint(mistake, by_seed)

    def _own_hint(self, mistake: Mistake, by_seed: Mapping[int, list[Verdict]]) -> None:
        for seed, verdicts in by_seed.items():
            known, mine = self._known(seed), _symptoms(verdicts)
            # Only a mistake with the very same symptoms can be ranked before the mistake itself.
            rivals = {m: theirs for m, theirs in known.items() if _symptoms(theirs.values()) == mine}
            named = recognise(verdicts, rivals)
            if named[:1] != (mistake.id,):
                cure = "add an experiment that tells them apart"
                self._find(mistake.id, f"with seed {seed} it gets the hint of {', '.join(named) or 'none'}", cure)
                return

    def _known(self, seed: int) -> Known:
        """The verdicts on all mistakes with one seed, decided once."""
        if seed not in self._judged:
            references = {check.id: self._reference[check.id, seed] for check in self._checks}
            outcomes = {
                m: {c.id: o[c.id, seed] for c in self._checks if (c.id, seed) in o} for m, o in self._given.items()
            }
            self._judged[seed] = judge_known(self._checks, references, outcomes)
        return self._judged[seed]

    def _twins(self) -> None:
        seen: dict[bytes, str] = {}
        for mistake, _ in self._mistakes.values():
            outcomes = self._given[mistake.id]
            same = msgspec.msgpack.encode([outcome_to_plain(outcomes[key]) for key in sorted(outcomes)])
            if same in seen and not mistake.ends:
                cure = "tell them apart by an experiment, or make them one"
                self._find(seen[same], f"it looks the same as {mistake.id} in every check", cure)
            seen[same] = mistake.id

    def _idle_checks(self) -> None:
        for check in self._checks:
            verdicts = (theirs.get(check.id) for seed in SEEDS for theirs in self._known(seed).values())
            if all(verdict is None or verdict.passed for verdict in verdicts):
                self._find(check.id, "it kills no known mistake", "add the mistake that it is there for, or drop it")

    def _alternative(self, name: str, outcomes: Outcomes) -> None:
        for seed in SEEDS:
            for verdict in self._verdicts(outcomes, seed):
                far = distance(verdict)
                if verdict.passed and far <= NEAR:
                    far = _exact_distance(verdict.check, outcomes, self._reference, seed)
                if far > NEAR:
                    found = f"a right answer is {far:.3g} tolerances away with seed {seed}: {_brief(verdict)}"
                    self._find(
                        f"{name} on {verdict.check.id}",
                        found,
                        "mend the alternative, or the experiment that is too narrow",
                    )
                    return

    def _answers_that_do_nothing(self) -> None:
        stub = self._stub().outcomes
        for check in self._checks:
            if not isinstance(stub[check.id, SEEDS[0]], NotAttempted):
                found = f"the stub is not read as not started: {stub[check.id, SEEDS[0]]}"
                self._find(check.id, found, "let NotImplementedError pass through the experiment")
        for name, result in self._nulls.items():
            self._counts["null answers"] += 1
            outcomes = result().outcomes
            for check in self._checks:
                if any(decide(check, outcomes[check.id, s], self._reference[check.id, s]).passed for s in NULL_SEEDS):
                    self._find(check.id, f"a null answer passes: {name}", "observe a value that must be computed, too")

    def _surviving_mutants(self) -> None:
        for change, result in self._mutated:
            self._counts["mutants"] += 1
            if all(v.passed for v in self._verdicts(result().outcomes, SEEDS[0])):
                self._doctor.diagnosis.survivors.append(f"{self.function}: {change}")


def _symptoms(verdicts: Iterable[Verdict]) -> list[tuple[str, Status, frozenset[str]]]:
    """Which checks fail, how, and in which observations."""
    return [(v.check.id, v.status, v.wrong) for v in verdicts if not v.passed]


def _plain(outcome: Outcome) -> dict[str, object]:
    """Something to compare by equality, name by name."""
    if isinstance(outcome, Observed):
        return {name: to_plain(value) for name, value in outcome.values.items()}
    return {"outcome": outcome}


def _exact_distance(check: Declared, outcomes: Outcomes, reference: Outcomes, seed: int) -> float:
    """The distance of a passed check in tolerances; `decide` reports only what is above one."""
    from dataclasses import replace

    from grader.core.comparison import Tolerance

    tight = Tolerance(check.tolerance.rtol * NEAR, check.tolerance.atol * NEAR, check.tolerance.at_most)
    return distance(decide(replace(check, tolerance=tight), outcomes[check.id, seed], reference[check.id, seed])) * NEAR


def _brief(verdict: Verdict) -> str:
    if verdict.differences:
        difference = verdict.differences[0]
        return f"{difference.where} is {difference.yours}, not {difference.expected}"
    return outcome_summary(verdict.outcome)
