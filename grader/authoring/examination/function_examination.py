"""Examine one function: run its mistakes, alternative solutions, stub and trivial answers, and report findings.

Theory of operation
    `submit` starts all runs. `compare` waits for their outcomes, decides verdicts with `grading.verdicts.verdict` as in
    grading, and reports the findings. `examination.mistake_examination` examines the mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.authoring.doctor_report import DoctorReport, Finding
from grader.authoring.examination.mistake_examination import MistakeExamination
from grader.authoring.examination.outcome_description import describe_outcome, unobserved_solution
from grader.authoring.examination.public_checks import examine_public_checks
from grader.authoring.examination.seeds import SEEDS
from grader.authoring.examination.source_runner import Outcomes, SourceRunner
from grader.authoring.examination.trivial_answers import TRIVIAL_ANSWERS, trivial_answer
from grader.core.comparison import Tolerance
from grader.core.outcomes import NotAttempted, Observed, Outcome
from grader.core.values import to_plain
from grader.experiments.declaration import PUBLIC_SEED, Check
from grader.grading.verdicts.diagnosis import MistakeVerdicts
from grader.grading.verdicts.verdict import Verdict, decide, distance

ENDLESS_LIMIT = 0.5
"""Time limit, in seconds, for one check on a mistake that is declared to time out or crash."""

MAX_RIGHT_DISTANCE = 0.1
"""Maximum difference between an alternative solution and the solution, as a multiple of the tolerance. This maximum is
less than 1, so that the alternative solution also passes on machines that round differently."""


class FunctionExamination:
    """Examination of one function: call `submit` to start the runs, then `compare` to add the findings to the report.

    `compare` sets these attributes:
    useless_checks: the checks that catch no known mistake. `authoring.check_proposals` reports the findings about them.
    public_verdicts: the verdicts on the known mistakes with the public seed; None if a check of the solution ended
        without observations.
    """

    def __init__(self, runner: SourceRunner, function: str, report: DoctorReport) -> None:
        self.function, self._runner, self.files = function, runner, runner.files_of(function)
        self._seeds, self._first_seed = runner.seeds, runner.seeds[0]
        self._checks = self.files.exercise.checks_of(function)
        self._report = report
        self.useless_checks: list[Check] = []
        self.public_verdicts: MistakeVerdicts | None = None

    def submit(self) -> None:
        """Start running the solution, alternatives, mistakes, stub, trivial answers and mutants."""
        run, files, f = self._runner.run, self.files, self.function
        mistakes, alternatives = files.mistakes_of(f), list(files.alternatives_of(f))
        sources = [a.data.decode("utf-8") for a in alternatives]
        returning = [m for m in mistakes if not m.fatal_outcome]
        fatal = [m.source for m in mistakes if m.fatal_outcome]
        # Run each of these sources in a separate child: it ends its child, and in a shared child it would run twice.
        fatal_results = run(files, f, fatal, [self._first_seed], ENDLESS_LIMIT, sources_per_child=1)
        (self._solution,) = run(files, f, [files.solution], SEEDS)  # all seeds, to find constant checks
        results = self._runner.run_with_mistakes(files, f, sources, returning, self._seeds)
        self._alternatives = [(a.path, s, results.pop(0)) for a, s in zip(alternatives, sources, strict=True)]
        self._mistakes = {m.id: (m, (fatal_results if m.fatal_outcome else results).pop(0)) for m in mistakes}
        trivial = [files.stub, *(trivial_answer(f, body) for body in TRIVIAL_ANSWERS.values())]
        self._stub, *trivial_results = run(files, f, trivial, [self._first_seed])
        self._trivial_answers = dict(zip(TRIVIAL_ANSWERS, trivial_results, strict=True))
        self._mutants = self._runner.mutants(files, f)

    @property
    def reference(self) -> Outcomes:
        """The outcomes of the solution with all seeds. Reading this property waits for them."""
        return self._solution().outcomes

    def compare(self) -> None:
        """Compare all outcomes with those of the solution, and add the findings to the report."""
        self._reference = self.reference
        if not self._solution_observed():
            return
        self._find_constant_checks()
        mistakes = {m.id: m for m, _ in self._mistakes.values()}
        outcomes = {m.id: result().outcomes for m, result in self._mistakes.values()}
        examination = MistakeExamination(self._checks, self._reference, mistakes, outcomes, self._seeds)
        for mistake in mistakes:
            self._report.findings += examination.examine(mistake)
        self._report.findings += examination.find_equal()
        verdicts = {seed: examination.verdicts(seed) for seed in self._seeds}
        examine_public_checks(self.files, self.function, self._checks, mistakes, verdicts, self._report)
        self.public_verdicts = verdicts[PUBLIC_SEED]
        self._find_useless_checks(verdicts)
        for name, source, result in self._alternatives:
            self._examine_alternative(name, source, result().outcomes)
        self._examine_stub_and_trivial_answers()
        self._list_surviving_mutants()
        self._report.counts["checks"] += len(self._checks)
        self._report.counts["mistakes"] += len(self._mistakes)
        self._report.counts["alternatives"] += len(self._alternatives)

    def _add_finding(self, place: str, found: str, cure: str) -> None:
        self._report.findings.append(Finding(place, found, cure))

    def _verdicts(self, outcomes: Outcomes, seed: int) -> list[Verdict]:
        return [decide(check, outcomes[check.id, seed], self._reference[check.id, seed]) for check in self._checks]

    def _solution_observed(self) -> bool:
        """Return whether the solution returns observations in all checks with all seeds; if not, add a finding."""
        checks = {check.id: check for check in self._checks}
        bad = [(checks[c], seed, o) for (c, seed), o in self._reference.items() if not isinstance(o, Observed)]
        for check, seed, outcome in bad[:1]:
            self._report.findings.append(unobserved_solution(self._runner.root, self.files, check, seed, outcome))
        return not bad

    def _find_constant_checks(self) -> None:
        for check in self._checks:
            first, *others = [_plain(self._reference[check.id, seed]) for seed in SEEDS]
            # Leave out observations that only have to stay below a limit: they may well be constant.
            compared = first.keys() - check.tolerance.at_most.keys()
            if not any(other[name] != first[name] for other in others for name in compared):
                cure = "also observe a value that is computed from a random input"
                self._add_finding(check.id, "no observation depends on the seed: a constant answer passes", cure)

    def _find_useless_checks(self, known: Mapping[int, MistakeVerdicts]) -> None:
        for check in self._checks:
            verdicts = (of_mistake.get(check.id) for seed in self._seeds for of_mistake in known[seed].values())
            if all(verdict is None or verdict.passed for verdict in verdicts):
                self.useless_checks.append(check)

    def _in_words(self, check: Check, seed: int, outcome: Outcome, source: str) -> str:
        return describe_outcome(self._runner.root, self.files, check, seed, outcome, source)

    def _examine_alternative(self, name: str, source: str, outcomes: Outcomes) -> None:
        for seed in self._seeds:
            for verdict in self._verdicts(outcomes, seed):
                difference = distance(verdict)
                if verdict.passed and difference <= MAX_RIGHT_DISTANCE:
                    difference = _exact_distance(verdict.check, outcomes, self._reference, seed)
                if difference > MAX_RIGHT_DISTANCE:
                    words = _brief(verdict) or self._in_words(verdict.check, seed, verdict.outcome, source)
                    found = f"it differs by {difference:.3g} tolerances with seed {seed}: {words}"
                    self._add_finding(
                        f"{name} on {verdict.check.id}",
                        found,
                        "correct the alternative solution, or let the experiment accept it",
                    )
                    return

    def _examine_stub_and_trivial_answers(self) -> None:
        stub = self._stub().outcomes
        for check in self._checks:
            outcome = stub[check.id, self._first_seed]
            if not isinstance(outcome, NotAttempted):
                words = self._in_words(check, self._first_seed, outcome, self.files.stub)
                found = f"the stub is not recognized as not started: {words}"
                self._add_finding(check.id, found, "do not catch NotImplementedError in the experiment")
        for name, result in self._trivial_answers.items():
            self._report.counts["trivial answers"] += 1
            outcomes = result().outcomes
            for check in self._checks:
                key = check.id, self._first_seed
                if decide(check, outcomes[key], self._reference[key]).passed:
                    self._add_finding(
                        check.id, f"a trivial answer passes: {name}", "also observe a value that must be computed"
                    )

    def _list_surviving_mutants(self) -> None:
        for change, result in self._mutants:
            self._report.counts["mutants"] += 1
            if all(v.passed for v in self._verdicts(result().outcomes, self._first_seed)):
                self._report.survivors.append(f"{self.function}: {change}")


def _plain(outcome: Outcome) -> dict[str, object]:
    """Return the observations of an outcome in a form that `==` compares exactly."""
    if isinstance(outcome, Observed):
        return {name: to_plain(value) for name, value in outcome.values.items()}
    return {"outcome": outcome}


def _exact_distance(check: Check, outcomes: Outcomes, reference: Outcomes, seed: int) -> float:
    """Return the largest difference between the outcome of a passed check and the solution, in tolerances.

    `decide` reports only differences above one tolerance, so this function calls it with a smaller tolerance.
    """
    tight = Tolerance(
        check.tolerance.rtol * MAX_RIGHT_DISTANCE, check.tolerance.atol * MAX_RIGHT_DISTANCE, check.tolerance.at_most
    )
    return (
        distance(decide(replace(check, tolerance=tight), outcomes[check.id, seed], reference[check.id, seed]))
        * MAX_RIGHT_DISTANCE
    )


def _brief(verdict: Verdict) -> str:
    """Return the first difference of a verdict as text; empty if it has no differences."""
    if verdict.differences:
        difference = verdict.differences[0]
        return f"{difference.where} is {difference.yours}, not {difference.expected}"
    return ""
