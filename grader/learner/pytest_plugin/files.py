"""Files of experiments that pytest collects: `PublicFile` checks a learner's files, `HiddenFile` a submission."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.core.errors import GraderError
from grader.core.language import translator
from grader.core.outcomes import GraderFault, Raised
from grader.core.reasons import Code, Reason
from grader.core.text import Text
from grader.course.discovery import SOLUTIONS, find_course, read_exercise
from grader.experiments.declaration import Check
from grader.learner.pytest_plugin.items import ExperimentFile
from grader.learner.pytest_plugin.preconditions import lacks_torch, language, load_torch

if TYPE_CHECKING:
    from grader.core.errors import AuthoringError
    from grader.execution.guest.student_code.submitted_modules import SubmittedModules
    from grader.grading.runs.experiment_errors import ErrorLine
    from grader.grading.runs.hidden_checks import HiddenRun
    from grader.grading.verdicts.verdict import Verdict
    from grader.learner.self_check import SelfCheck

HIDDEN_RUN: pytest.StashKey[HiddenRun] = pytest.StashKey()
LEARNER_FILES: pytest.StashKey[dict[Path, SubmittedModules]] = pytest.StashKey()
"""The learner's files by folder, read once for all exercises of the folder."""


class PublicFile(ExperimentFile):
    """Public checks of an exercise, run on the learner's files in the same folder."""

    _check: SelfCheck | None = None

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Yield a collector for each function; nothing if torch is not installed."""
        return () if lacks_torch(self.config, language(self.config)) else super().collect()

    @property
    def check(self) -> SelfCheck:
        """The self-check of this exercise. Raises CollectError for a wrong declaration or golden."""
        if self._check is None:
            from grader.course.goldens import OtherFormatError, StaleGoldenError, read_golden
            from grader.learner.exercise_folder import explain_stale_golden
            from grader.learner.self_check import SelfCheck, learner_files

            errors: list[AuthoringError] = []
            exercise = read_exercise(self.path, None, errors)
            self.raise_errors(errors)
            assert exercise is not None
            try:
                golden = read_golden(self.path.parent / "golden" / f"{exercise.name}.json")
            except StaleGoldenError as error:
                if isinstance(error, OtherFormatError):  # all exercises of that release would give the same error
                    tr = translator(language(self.config))
                    self.session.shouldstop = tr("exercises of another release")
                raise self.CollectError(explain_stale_golden(error, language(self.config))) from None
            by_folder, folder = self.config.stash.setdefault(LEARNER_FILES, {}), self.path.parent
            if folder not in by_folder:
                by_folder[folder], unreadable = learner_files(folder)
                self._warn_of_files(by_folder[folder], unreadable)
            files = by_folder[folder]
            self._check = SelfCheck(exercise, golden, files, self.config.getoption("--time-limit"))
        return self._check

    def _warn_of_files(self, files: SubmittedModules, unreadable: Sequence[Reason]) -> None:
        """Warn of files that are not UTF-8, and of files that could not be read."""
        from grader.core.outcome_text import reason_text
        from grader.learner.files.learner_files import encoding_remarks

        warned = [(f.path, remark) for f in files.files for remark in encoding_remarks({Path(f.path).name: f.data})]
        warned += [(str(self.path), reason) for reason in unreadable]  # pytest reads the file that a warning is about
        for path, reason in warned:
            text = reason_text(reason, language(self.config))
            warnings.warn_explicit(pytest.PytestWarning(text), None, str(self.path.parent / path), 1)

    @property
    def functions(self) -> list[str]:
        """Functions of the exercise, in order."""
        return list(self.check.exercise.points)

    def checks(self, function: str) -> list[Check]:
        """Return the public checks of a function."""
        return self.check.exercise.checks_of(function)

    def verdict(self, check: Check) -> Verdict:
        """Run the check now, in this process, and return its verdict."""
        if not self.check.is_unchanged_stub(check.function):
            load_torch(language(self.config))
        return self.check.run(check, propagate=bool(self.config.getoption("usepdb")))

    def points(self, check: Check) -> float:
        """Return the points of the check. The hidden checks have the other points of the function."""
        return self.check.golden.points.get(check.id, 0.0)

    def function_points(self, function: str) -> float:
        """Return the points of a function, including the points of its hidden checks."""
        return float(self.check.exercise.points[function])

    def passed_checks(self, function: str) -> tuple[int, int] | None:
        """Return how many public checks of a failed function pass, and how many there are."""
        return self.check.passed_checks(function)

    def hint(self, mistake: str, lang: str) -> str:
        """Return the hint of a known mistake from the golden; empty if the golden does not hold it."""
        return self.check.golden.hint(mistake, lang)

    def experiment_error(self, verdict: Verdict, lang: str) -> str:
        """Return where the experiment of a check raised an exception.

        Empty if the learner's function raised the exception. In a hand-out, which has no solutions/, also empty if the
        function returned a value that the experiment cannot use: then the mistake is in the learner's function, and a
        line of the experiment would not help.
        """
        if isinstance(verdict.outcome, GraderFault) and verdict.outcome.reason.code == Code.CHECK_FAILED:
            from grader.grading.verdicts.explanation import explain

            return "\n".join([explain(verdict, lang), _raised_in(self.check.error_line(verdict.check), lang)])
        if not isinstance(verdict.outcome, Raised) or verdict.outcome.place:
            return ""
        if verdict.outcome.returned and not (self.path.parent.parent / SOLUTIONS).is_dir():
            return ""
        return _raised_in(self.check.error_line(verdict.check), lang)

    def original_signature(self, function: str) -> str:
        """Return the signature in the hand-out if the learner's signature differs from it, else ""."""
        return self.check.original_signature(function)

    def location(self, function: str) -> str:
        """Return FILE:LINE of the learner's function; FILE is a relative path if it is in the current folder."""
        file, line = self.check.location(function)
        if not file:
            return ""
        path = Path(file)
        return f"{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}:{line}"

    def unreadable(self, function: str, lang: str) -> str:
        """Return the message about a syntax error in the learner's file; empty if there is none."""
        file, problem = self.check.unreadable(function)
        if problem is None:
            return ""
        from grader.grading.verdicts.explanation import describe_unreadable_file

        return describe_unreadable_file(file, problem.place, lang)

    @property
    def title(self) -> Text:
        """Title of the exercise."""
        return self.check.exercise.title


class HiddenFile(ExperimentFile):
    """Public and hidden checks of an exercise, graded on the submission of --submission or on the solution."""

    hidden = True

    @property
    def run(self) -> HiddenRun:
        """The grading run of this session. Raises CollectError if it cannot start."""
        from grader.grading.runs.hidden_checks import HiddenRun

        stash = self.config.stash
        if HIDDEN_RUN not in stash:
            given, option = self.config.getoption("--submission"), self.config.getoption
            target = Path(given) if given else None
            limit, sandbox = option("--time-limit"), option("--sandbox")
            try:
                root = find_course(self.path.parent)
                stash[HIDDEN_RUN] = HiddenRun.make(root, target, option("--seed"), limit, sandbox)
            except GraderError as error:
                raise self.CollectError(str(error)) from None
            self.config.add_cleanup(stash[HIDDEN_RUN].close)
        return stash[HIDDEN_RUN]

    @property
    def exercise_name(self) -> str:
        """Name of the exercise that the file belongs to."""
        return self.path.stem.removeprefix("test_")

    @property
    def functions(self) -> list[str]:
        """Functions of the exercise, in order."""
        return list(self.run.library.exercise_files[self.exercise_name].exercise.points)

    def checks(self, function: str) -> list[Check]:
        """Return all checks of a function."""
        return self.run.library.course.exercise_of[function].checks_of(function)

    def verdict(self, check: Check) -> Verdict:
        """Return the verdict of the grading run on the check."""
        return self.run.verdict(check)

    def experiment_error(self, verdict: Verdict, lang: str) -> str:
        """Return where the experiment, or the solution that it called, raised an exception."""
        if not isinstance(verdict.outcome, GraderFault) or verdict.outcome.reason.code != Code.SOLUTION_FAILED:
            return ""
        from grader.grading.runs.experiment_errors import find_error_line

        files, root = self.run.library.exercise_files[self.exercise_name], self.run.library.course.root
        return _raised_in(find_error_line(root, files, verdict.check, self.run.seed), lang)

    def points(self, check: Check) -> float:
        """Return the points that a check is worth in its function."""
        return float(self.run.library.course.exercise_of[check.function].shares[check.id])

    def function_points(self, function: str) -> float:
        """Return the points of a function."""
        return float(self.run.library.course.exercise_of[function].points[function])

    def hint(self, mistake: str, lang: str) -> str:
        """Return the hint of a known mistake."""
        return self.run.library.mistakes[mistake].hint.in_(lang)

    @property
    def title(self) -> Text:
        """Title of the exercise."""
        return self.run.library.exercise_files[self.exercise_name].exercise.title


def _raised_in(line: ErrorLine | None, lang: str) -> str:
    """Return a text with the line of an author's file that raised an exception, and the call of the function.

    Return "" if the line is None.
    """
    if line is None:
        return ""
    tr = translator(lang)
    text = tr("{place} raises {error}").format(place=line.place(Path.cwd()), error=line.error)
    called = [tr("the function was called with"), *(f"  {row}" for row in line.call)] if line.call else []
    return "\n".join([text, f"  {line.code}", *called])
