"""The doctor: prove that the checks catch each known mistake with the right hint and accept each alternative solution.

Theory of operation
    Each mistake, alternative, trivial answer and stub runs on all checks of its function with several seeds
    (`examination.source_runner`). Each outcome is compared with the solution's (`examination.function_examination`).
    Each solution runs twice under different conditions (`examination.reproducibility`). Each fault is a finding with
    what to do; one run reports them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.authoring.check_proposals import find_useless
from grader.authoring.doctor_report import DoctorReport, Finding
from grader.authoring.examination.function_examination import FunctionExamination
from grader.authoring.examination.public_checks import max_passing
from grader.authoring.examination.reproducibility import find_irreproducible
from grader.authoring.examination.source_runner import SEEDS, SourceRunner
from grader.authoring.examination.template_texts import find_template_texts
from grader.course.library import Library
from grader.execution.host.pool import Pool


class Doctor:
    """Examines functions of a course; `report` collects the findings.

    `mutants` also lists the mutants of the solutions that no check catches; `seeds` is how many seeds are tried.
    """

    def __init__(self, library: Library, pool: Pool, mutants: bool = True, seeds: int = len(SEEDS)) -> None:
        self._library, self._pool = library, pool
        self._runner = SourceRunner(library, pool, mutants, SEEDS[:seeds])
        self.report = DoctorReport(
            counts=dict.fromkeys(("checks", "mistakes", "alternatives", "trivial answers", "mutants"), 0)
        )

    def examine(self, functions: Sequence[str]) -> Iterator[str]:
        """Examine functions, and yield the name of each one that is finished."""
        examinations = [FunctionExamination(self._runner, function, self.report) for function in functions]
        for exercise in dict.fromkeys(self._runner.files_of(function).exercise.name for function in functions):
            files = self._library.exercise_files[exercise]
            for error in files.hint_errors:
                self.report.findings.append(Finding(error.place, error.found, error.cure))
            self.report.findings += find_template_texts(files)

        def submit_all() -> None:  # before waiting for a result, to keep the workers busy
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

    def _limit_passing(self) -> None:
        """Add a finding if too many mistakes of the course pass all public checks."""
        passing = sum(map(len, self.report.passing.values()))
        if passing > (limit := max_passing(self.report.counts["mistakes"])):
            cure = "add public checks of what the docstrings promise"
            found = f"{passing} known mistakes pass all public checks; at most {limit} may"
            self.report.findings.append(Finding("the course", found, cure))
