"""The doctor: prove that the checks catch each known mistake with the right hint and accept each alternative solution.

Theory of operation
    Each mistake, alternative, trivial answer and stub runs on all checks of its function with several seeds. Each
    outcome is compared with the solution's by `grading.verdicts.verdict`, and hints are chosen by
    `grading.verdicts.diagnosis`, as in grading. Each fault is a finding with its cure; one run reports them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from grader.authoring.doctor_report import DoctorReport, Finding
from grader.authoring.mutants import mutants_of
from grader.authoring.public_checks import MAX_PASSING, find_coincidences, max_passing, passing_mistakes
from grader.authoring.trivial_answers import TRIVIAL_ANSWERS, trivial_answer
from grader.core.outcome_encoding import outcome_to_plain
from grader.core.outcome_text import outcome_summary
from grader.core.outcomes import NotAttempted, Observed, Outcome, Status
from grader.core.values import to_plain
from grader.course.library import ExerciseFiles, Library
from grader.course.mistakes import Mistake
from grader.execution.guest.frames import TIME_LIMIT, CheckRequest, Job
from grader.execution.host.pool import JobResult, Pool, submit_together
from grader.experiments.declaration import PUBLIC_SEED, Check
from grader.grading.verdicts.diagnosis import Known, judge_known, recognise
from grader.grading.verdicts.verdict import Verdict, decide, distance

SEEDS = (PUBLIC_SEED, 1, 2, 3, 4)
"""The seed of the self-check, where small draws are exact, and enough others to show a verdict that depends on it."""

TRIVIAL_SEEDS = SEEDS[:1]
ENDLESS_LIMIT = 0.5
"""Time limit in seconds for a mistake that is declared to time out."""

MUTANT_LIMIT = 0.15
"""Time limit in seconds for one experiment on a mutant; the solution takes a few milliseconds."""

MIN_WRONG_DISTANCE = 100.0
"""A mistake must differ from the solution by this many tolerances: on another machine a closer one may pass."""

MAX_RIGHT_DISTANCE = 0.1
"""An alternative solution may differ from the solution by this many tolerances, so that it passes everywhere."""


Outcomes = Mapping[tuple[str, int], Outcome]
"""Outcomes by check id and seed."""

PendingResult = Callable[[], JobResult]
"""Call it to wait for the result of one source."""

UNREVISED = frozenset(
    {
        "ex2_lenet",
        "ex6_by_hand",
        "ex9_training",
    }
)
"""Exercises whose public checks are not revised yet: their coincidences, and mistakes that pass all public checks, are
listed instead of found."""

SOURCES_PER_CHILD = 16
"""Sources that share a child process. One that ends the process runs again alone."""


class Doctor:
    """Examines functions of a course; `report` collects the findings."""

    def __init__(self, library: Library, pool: Pool, mutants: bool = True) -> None:
        self._library, self._pool, self._mutants = library, pool, mutants
        self.report = DoctorReport(
            counts=dict.fromkeys(("checks", "mistakes", "alternatives", "trivial answers", "mutants"), 0)
        )

    def examine(self, functions: Sequence[str]) -> Iterator[str]:
        """Examine functions, and yield the name of each one that is finished."""
        examinations = [_Examination(self, function) for function in functions]
        for exercise in dict.fromkeys(self.files_of(function).exercise.name for function in functions):
            for error in self._library.exercise_files[exercise].hint_errors:
                self.report.findings.append(Finding(error.place, error.found, error.cure))
        for examination in examinations:  # submit all sources before waiting for a result, to keep the workers busy
            examination.submit()
        for examination in examinations:
            examination.compare()
            yield examination.function
        if len(functions) == len(self._library.course.exercise_of):
            self._limit_passing()

    def _limit_passing(self) -> None:
        """Add a finding if too many mistakes of the course pass all public checks."""
        passing = sum(map(len, self.report.passing.values()))
        if passing > (limit := max_passing(self.report.counts["mistakes"])):
            findings = self.report.to_do if UNREVISED & self._library.exercise_files.keys() else self.report.findings
            cure = "add public checks of what the docstrings promise"
            found = f"{passing} known mistakes pass all public checks; at most {limit} may"
            findings.append(Finding("the course", found, cure))

    def run(
        self,
        files: ExerciseFiles,
        function: str,
        sources: Iterable[str],
        seeds: Iterable[int],
        limit: float = TIME_LIMIT,
        sources_per_child: int = SOURCES_PER_CHILD,
    ) -> list[PendingResult]:
        """Start running each source on all checks of a function with all seeds; `limit` is in seconds for one check."""
        checks, module_of = files.exercise.checks_of(function), {function: files.exercise.name}
        requests = tuple(CheckRequest(function, check.id, seed) for seed in seeds for check in checks)
        jobs = [Job(((files.file, source.encode()),), module_of, requests, limit) for source in sources]
        return submit_together(self._pool, jobs, sources_per_child)

    def files_of(self, function: str) -> ExerciseFiles:
        """Return the files of the exercise that a function belongs to."""
        return self._library.exercise_files[self._library.course.exercise_of[function].name]

    def mutants(self, files: ExerciseFiles, function: str) -> list[tuple[str, PendingResult]]:
        """Start running all mutants of a function; return what each one changes, and its pending result."""
        mutants = list(mutants_of(files.solution, function)) if self._mutants else []
        results = self.run(files, function, [m.source for m in mutants], SEEDS[:1], MUTANT_LIMIT)
        return [(m.change, result) for m, result in zip(mutants, results, strict=True)]


class _Examination:
    """Runs of one function, and the findings that follow from them."""

    def __init__(self, doctor: Doctor, function: str) -> None:
        self.function, self._doctor, self._files = function, doctor, doctor.files_of(function)
        self._checks = self._files.exercise.checks_of(function)
        self._known_verdicts: dict[int, Known] = {}
        self._findings, self._counts = doctor.report.findings, doctor.report.counts

    def submit(self) -> None:
        """Start running the solution, alternatives, mistakes, stub, trivial answers and mutants."""
        run, files, f = self._doctor.run, self._files, self.function
        mistakes, alternatives = files.mistakes_of(f), list(files.alternatives_of(f))
        returning = [files.solution, *(a.data.decode("utf-8") for a in alternatives)]
        returning += [m.source for m in mistakes if not m.fatal_outcome]
        fatal = [m.source for m in mistakes if m.fatal_outcome]
        # One source per child: in a shared child each of these would run twice.
        fatal_results = run(files, f, fatal, SEEDS[:1], ENDLESS_LIMIT, sources_per_child=1)
        self._solution, *results = run(files, f, returning, SEEDS)
        self._alternatives = [(a.path, results.pop(0)) for a in alternatives]
        self._mistakes = {m.id: (m, (fatal_results if m.fatal_outcome else results).pop(0)) for m in mistakes}
        trivial = [files.stub, *(trivial_answer(f, body) for body in TRIVIAL_ANSWERS.values())]
        self._stub, *trivial_results = run(files, f, trivial, TRIVIAL_SEEDS)
        self._trivial_answers = dict(zip(TRIVIAL_ANSWERS, trivial_results, strict=True))
        self._mutants = self._doctor.mutants(files, f)

    def compare(self) -> None:
        """Compare all outcomes with the solution's, and add the findings to the report."""
        self._reference: Outcomes = self._solution().outcomes
        if not self._solution_observed():
            return
        self._find_constant_checks()
        self._mistake_outcomes = {m.id: result().outcomes for m, result in self._mistakes.values()}
        for mistake, _ in self._mistakes.values():
            self._examine_mistake(mistake)
        self._find_equal_mistakes()
        self._examine_public_checks()
        self._find_useless_checks()
        for name, result in self._alternatives:
            self._examine_alternative(name, result().outcomes)
        self._examine_stub_and_trivial_answers()
        self._list_surviving_mutants()
        self._counts["checks"] += len(self._checks)
        self._counts["mistakes"] += len(self._mistakes)
        self._counts["alternatives"] += len(self._alternatives)

    def _report(self, place: str, found: str, cure: str) -> None:
        self._findings.append(Finding(place, found, cure))

    def _verdicts(self, outcomes: Outcomes, seed: int) -> list[Verdict]:
        return [decide(check, outcomes[check.id, seed], self._reference[check.id, seed]) for check in self._checks]

    def _solution_observed(self) -> bool:
        """True if the solution returns observations in all checks with all seeds; else add a finding."""
        bad = [(check, seed, o) for (check, seed), o in self._reference.items() if not isinstance(o, Observed)]
        for check, seed, outcome in bad[:1]:
            self._report(
                check,
                f"the solution gives no observation with seed {seed}: {outcome_summary(outcome)}",
                "correct the solution or the experiment",
            )
        return not bad

    def _find_constant_checks(self) -> None:
        for check in self._checks:
            first, *others = [_plain(self._reference[check.id, seed]) for seed in SEEDS]
            compared = first.keys() - check.tolerance.at_most.keys()  # a constant answer can stay below a limit
            if not any(other[name] != first[name] for other in others for name in compared):
                cure = "also observe a value that is computed from a random input"
                self._report(check.id, "no observation depends on the seed: a constant answer passes", cure)

    def _examine_mistake(self, mistake: Mistake) -> None:
        if mistake.fatal_outcome:
            statuses = {v.status.value for v in self._known(SEEDS[0])[mistake.id].values()}
            if mistake.fatal_outcome not in statuses:
                self._report(
                    mistake.id,
                    f"declared outcome {mistake.fatal_outcome}, but the result is {', '.join(sorted(statuses))}",
                    "correct its outcome",
                )
            return
        by_seed = {seed: list(self._known(seed)[mistake.id].values()) for seed in SEEDS}
        missed = [seed for seed, verdicts in by_seed.items() if all(v.passed for v in verdicts)]
        if missed:
            cure = "add an experiment that shows the difference, or remove the mistake"
            self._report(mistake.id, f"not caught: it passes all checks (seeds {missed})", cure)
            return
        for index, check in enumerate(self._checks):
            if len({verdicts[index].passed for verdicts in by_seed.values()}) > 1:
                cure = "choose inputs on which the mistake fails with all seeds, or with none"
                self._report(f"{mistake.id} on {check.name}", "the verdict depends on the seed", cure)
        nearest = min(max(distance(v) for v in verdicts) for verdicts in by_seed.values())
        if nearest < MIN_WRONG_DISTANCE:
            cure = f"add an experiment in which it differs by at least {MIN_WRONG_DISTANCE:.0f} tolerances"
            self._report(mistake.id, f"caught too narrowly: it differs by {nearest:.3g} tolerances", cure)
        self._examine_hint(mistake, by_seed)

    def _examine_hint(self, mistake: Mistake, by_seed: Mapping[int, list[Verdict]]) -> None:
        for seed, verdicts in by_seed.items():
            known, symptoms = self._known(seed), _symptoms(verdicts)
            # Only a mistake with the same symptoms can rank before the mistake itself.
            rivals = {m: others for m, others in known.items() if _symptoms(others.values()) == symptoms}
            named = recognise(verdicts, rivals)
            if named[:1] != (mistake.id,):
                cure = "add an experiment in which the two differ"
                self._report(
                    mistake.id, f"with seed {seed} it gets the hint of {', '.join(named) or 'no mistake'}", cure
                )
                return

    def _known(self, seed: int) -> Known:
        """Return the verdicts on all mistakes with one seed."""
        if seed not in self._known_verdicts:
            references = {check.id: self._reference[check.id, seed] for check in self._checks}
            outcomes = {
                m: {c.id: o[c.id, seed] for c in self._checks if (c.id, seed) in o}
                for m, o in self._mistake_outcomes.items()
            }
            self._known_verdicts[seed] = judge_known(self._checks, references, outcomes)
        return self._known_verdicts[seed]

    def _find_equal_mistakes(self) -> None:
        first_with: dict[bytes, str] = {}
        for mistake, _ in self._mistakes.values():
            outcomes = self._mistake_outcomes[mistake.id]
            same = msgspec.msgpack.encode([outcome_to_plain(outcomes[key]) for key in sorted(outcomes)])
            if same in first_with and not mistake.fatal_outcome:
                cure = "add an experiment in which the two differ, or merge them"
                self._report(first_with[same], f"it has the same outcomes as {mistake.id} in all checks", cure)
            first_with[same] = mistake.id

    def _examine_public_checks(self) -> None:
        """Find mistakes that pass all public checks, mistakes that look alike in one, and draws that are not exact."""
        from grader.authoring.inexact_draws import inexact_draws  # imports torch while the workers run

        report = self._doctor.report
        report.inexact += inexact_draws(self._files, self.function)
        findings = report.to_do if self._files.exercise.name in UNREVISED else self._findings
        mistakes = {m.id: m for m, _ in self._mistakes.values()}
        passing = passing_mistakes(self._checks, self._known(PUBLIC_SEED))
        report.passing[self.function] = passing
        if len(passing) > MAX_PASSING:
            found = f"{len(passing)} known mistakes pass all public checks; at most {MAX_PASSING} may"
            findings.append(Finding(self.function, found, "add public checks of what the docstring promises"))
        for mistake in mistakes.values():
            if mistake.id in passing and not mistake.passes_public:
                cure = "add a public check that catches it, or give the reason: passes_public"
                findings.append(Finding(mistake.id, "it passes all public checks, without a reason", cure))
            if mistake.id not in passing and mistake.passes_public:
                found = "its reason for passing all public checks is out of date: it fails one"
                findings.append(Finding(mistake.id, found, "remove passes_public"))
        known = {seed: self._known(seed) for seed in SEEDS}
        for coincidence in find_coincidences(self._checks, known, PUBLIC_SEED, mistakes):
            alike = ", ".join(name.partition("__")[2] for name in coincidence.mistakes)
            found = f"the same wrong numbers ({', '.join(coincidence.names)}) come from {alike}"
            cure = "choose other inputs, or declare one belief of these mistakes"
            findings.append(Finding(coincidence.check.id, found, cure))

    def _find_useless_checks(self) -> None:
        for check in self._checks:
            verdicts = (of_mistake.get(check.id) for seed in SEEDS for of_mistake in self._known(seed).values())
            if all(verdict is None or verdict.passed for verdict in verdicts):
                self._report(
                    check.id, "it catches no known mistake", "add the mistake that it should catch, or remove the check"
                )

    def _examine_alternative(self, name: str, outcomes: Outcomes) -> None:
        for seed in SEEDS:
            for verdict in self._verdicts(outcomes, seed):
                difference = distance(verdict)
                if verdict.passed and difference <= MAX_RIGHT_DISTANCE:
                    difference = _exact_distance(verdict.check, outcomes, self._reference, seed)
                if difference > MAX_RIGHT_DISTANCE:
                    found = f"it differs by {difference:.3g} tolerances with seed {seed}: {_brief(verdict)}"
                    self._report(
                        f"{name} on {verdict.check.id}",
                        found,
                        "correct the alternative solution, or let the experiment accept it",
                    )
                    return

    def _examine_stub_and_trivial_answers(self) -> None:
        stub = self._stub().outcomes
        for check in self._checks:
            if not isinstance(stub[check.id, SEEDS[0]], NotAttempted):
                found = f"the stub does not count as not started: {stub[check.id, SEEDS[0]]}"
                self._report(check.id, found, "do not catch NotImplementedError in the experiment")
        for name, result in self._trivial_answers.items():
            self._counts["trivial answers"] += 1
            outcomes = result().outcomes
            for check in self._checks:
                if any(
                    decide(check, outcomes[check.id, s], self._reference[check.id, s]).passed for s in TRIVIAL_SEEDS
                ):
                    self._report(
                        check.id, f"a trivial answer passes: {name}", "also observe a value that must be computed"
                    )

    def _list_surviving_mutants(self) -> None:
        for change, result in self._mutants:
            self._counts["mutants"] += 1
            if all(v.passed for v in self._verdicts(result().outcomes, SEEDS[0])):
                self._doctor.report.survivors.append(f"{self.function}: {change}")


def _symptoms(verdicts: Iterable[Verdict]) -> list[tuple[str, Status, frozenset[str]]]:
    """Return the failed checks, each with its status and the names of the wrong observations."""
    return [(v.check.id, v.status, v.wrong) for v in verdicts if not v.passed]


def _plain(outcome: Outcome) -> dict[str, object]:
    """Return observations in a form that `==` compares exactly."""
    if isinstance(outcome, Observed):
        return {name: to_plain(value) for name, value in outcome.values.items()}
    return {"outcome": outcome}


def _exact_distance(check: Check, outcomes: Outcomes, reference: Outcomes, seed: int) -> float:
    """Return the distance of a passed check in tolerances; `decide` reports only distances above one."""
    from dataclasses import replace

    from grader.core.comparison import Tolerance

    tight = Tolerance(
        check.tolerance.rtol * MAX_RIGHT_DISTANCE, check.tolerance.atol * MAX_RIGHT_DISTANCE, check.tolerance.at_most
    )
    return (
        distance(decide(replace(check, tolerance=tight), outcomes[check.id, seed], reference[check.id, seed]))
        * MAX_RIGHT_DISTANCE
    )


def _brief(verdict: Verdict) -> str:
    if verdict.differences:
        difference = verdict.differences[0]
        return f"{difference.where} is {difference.yours}, not {difference.expected}"
    return outcome_summary(verdict.outcome)
