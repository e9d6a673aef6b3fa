"""The doctor: test that checks catch each known mistake, with the right hint, and accept each alternative solution.

Theory of operation
    The known mistakes, alternative solutions, trivial answers and the stub of each function run on all checks of the
    function (`examination.source_runner`). The mistakes and the alternative solutions run with several seeds. The
    doctor compares their outcomes with those of the solution (`examination.function_examination`). Each solution runs
    twice under different conditions (`examination.reproducibility`). One run of the doctor reports all faults; each is
    a finding that says what to do. One of the seeds is the public seed, which `grader sync` uses. So the doctor can
    also find out, without further runs of solutions, whether the generated files are up to date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version

from grader.authoring.check_proposals import find_useless
from grader.authoring.doctor_report import DoctorReport, Finding
from grader.authoring.examination.function_examination import FunctionExamination
from grader.authoring.examination.public_checks import max_passing
from grader.authoring.examination.reproducibility import find_irreproducible
from grader.authoring.examination.seeds import SEEDS
from grader.authoring.examination.source_runner import SourceRunner
from grader.authoring.examination.template_texts import find_template_texts
from grader.authoring.sync import generate_from
from grader.core.outcomes import Outcome
from grader.course.library import Library
from grader.execution.host.pool import Pool
from grader.experiments.declaration import PUBLIC_SEED
from grader.grading.verdicts.diagnosis import MistakeVerdicts
from grader.grading.verdicts.known_mistakes.source_runs import declared_outcome
from grader.grading.verdicts.verdict import decide


class Doctor:
    """Examines functions of a course; `report` collects the findings.

    mutants: True to list the mutants of the solutions that no check catches.
    seeds: number of seeds with which mistakes and alternative solutions run.
    generated: True to report generated files that are out of date, of exercises whose functions are all examined.
    """

    def __init__(
        self, library: Library, pool: Pool, mutants: bool = True, seeds: int = len(SEEDS), generated: bool = False
    ) -> None:
        self._library, self._pool, self._generated = library, pool, generated
        self._runner = SourceRunner(library, pool, mutants, SEEDS[:seeds])
        self.report = DoctorReport(
            counts=dict.fromkeys(
                ("checks", "mistakes", "alternatives", "trivial answers", "mutants", "generated files"), 0
            )
        )

    def examine(self, functions: Sequence[str]) -> Iterator[str]:
        """Examine functions, and yield the name of each function when it is finished."""
        examinations = [FunctionExamination(self._runner, function, self.report) for function in functions]
        for exercise in dict.fromkeys(self._runner.files_of(function).exercise.name for function in functions):
            files = self._library.exercise_files[exercise]
            for error in files.hint_errors:
                self.report.findings.append(Finding(error.place, error.found, error.cure))
            self.report.findings += find_template_texts(files)

        def submit_all() -> None:  # called before any waiting, to keep the workers busy
            for examination in examinations:
                examination.submit()

        seeds = self._runner.seeds
        self.report.findings += find_irreproducible(self._library, self._pool, functions, seeds, submit_all)
        for examination in examinations:
            examination.compare()
            self.report.findings += find_useless(self._runner, examination)
            yield examination.function
        if len(functions) == len(self._library.course.exercise_of):
            self._limit_passing()
        if self._generated:
            self._find_stale_files({examination.function: examination for examination in examinations})

    def _find_stale_files(self, examinations: Mapping[str, FunctionExamination]) -> None:
        """Add a finding for each generated file that is out of date."""
        complete = {f for f, examination in examinations.items() if examination.public_verdicts is not None}
        chosen = [files for files in self._library.exercise_files.values() if complete >= {*files.exercise.points}]
        outcomes = _PublicOutcomes(examinations)
        root = self._library.course.root
        for file in generate_from(self._library, self._pool, version("torch"), chosen, outcomes):
            self.report.counts["generated files"] += 1
            if not file.fresh:
                cure = "run `grader sync`, and commit the files that it writes"
                self.report.findings.append(
                    Finding(str(file.path.relative_to(root)), "the generated file is stale", cure)
                )

    def _limit_passing(self) -> None:
        """Add a finding if too many mistakes of the course pass all public checks."""
        passing = sum(map(len, self.report.passing.values()))
        if passing > (limit := max_passing(self.report.counts["mistakes"])):
            cure = "add public checks of what the docstrings promise"
            found = f"{passing} known mistakes pass all public checks; at most {limit} may"
            self.report.findings.append(Finding("the course", found, cure))


class _PublicOutcomes:
    """The outcomes that the doctor has observed with the public seed, as `golden_recording.CourseOutcomes`."""

    def __init__(self, examinations: Mapping[str, FunctionExamination]) -> None:
        self._examinations = examinations

    def solution(self, function: str) -> dict[str, Outcome]:
        reference = self._examinations[function].reference
        return {check: outcome for (check, seed), outcome in reference.items() if seed == PUBLIC_SEED}

    def mistake_verdicts(self, function: str) -> MistakeVerdicts:
        examination, solution = self._examinations[function], self.solution(function)
        verdicts = dict(examination.public_verdicts or {})
        for mistake in examination.files.mistakes_of(function):
            if mistake.fatal_outcome:  # `sync` does not run such a mistake either: it would wait for the time limit
                outcome = declared_outcome(mistake)
                verdicts[mistake.id] = {
                    c.id: decide(c, outcome, solution[c.id]) for c in examination.files.exercise.checks_of(function)
                }
        return verdicts
