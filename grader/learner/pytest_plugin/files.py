"""The two kinds of exercises that pytest collects: a learner's own files, and what grading decides on a submission."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.core.errors import GraderError
from grader.core.language import translator
from grader.course.discovery import find_course, read_exercise
from grader.experiments.declaration import Check
from grader.learner.pytest_plugin.items import ExperimentFile
from grader.learner.pytest_plugin.start import lacks_torch, language, load_torch

if TYPE_CHECKING:
    from grader.core.errors import AuthoringError
    from grader.execution.guest.student_code.submitted_modules import Submission
    from grader.grading.runs.hidden_checks import HiddenRun
    from grader.grading.verdicts.verdict import Verdict
    from grader.learner.self_check import SelfCheck

KEY: pytest.StashKey[HiddenRun] = pytest.StashKey()
FILES: pytest.StashKey[dict[Path, Submission]] = pytest.StashKey()
"""The learner's files by folder: all exercises of a folder are answered in the same ones, read once."""


class PublicFile(ExperimentFile):
    """The public experiments of an exercise, on the learner's own files beside it."""

    _check: SelfCheck | None = None

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """A collector for each function, where there is torch to check with."""
        return () if lacks_torch(self.config, language(self.config)) else super().collect()

    @property
    def check(self) -> SelfCheck:
        """The self-check of this exercise, made once."""
        if self._check is None:
            from grader.course.goldens import StaleGoldenError, read_golden
            from grader.learner.self_check import SelfCheck, learner_files

            errors: list[AuthoringError] = []
            exercise = read_exercise(self.path, None, errors)
            self.complain(errors)
            assert exercise is not None
            try:
                golden = read_golden(self.path.parent / "golden" / f"{exercise.name}.json")
            except StaleGoldenError as error:
                tr = translator(language(self.config))
                cure = tr("get the exercises anew, or run `grader sync` as an author")
                raise self.CollectError(f"{error}: {cure}") from None
            everybodys, folder = self.config.stash.setdefault(FILES, {}), self.path.parent
            files = everybodys[folder] = everybodys.get(folder) or learner_files(folder)
            self._check = SelfCheck(exercise, golden, files, self.config.getoption("--time-limit"))
        return self._check

    @property
    def functions(self) -> list[str]:
        """The functions of the exercise, in order."""
        return list(self.check.exercise.points)

    def checks(self, function: str) -> list[Check]:
        """The public checks."""
        return self.check.exercise.checks_of(function)

    def verdict(self, check: Check) -> Verdict:
        """Run the check now, in this process."""
        if not self.check.untouched(check.function):
            load_torch(language(self.config))
        return self.check.run(check, propagate=bool(self.config.getoption("usepdb")))

    def points(self, check: Check) -> float:
        """The check's part of the function's points, hidden checks counted."""
        return self.check.golden.points.get(check.id, 0.0)

    def hint(self, mistake: str, lang: str) -> str:
        """The hint of a known mistake, from the golden file."""
        en, zh = self.check.golden.hints.get(mistake, ("", ""))
        return zh if lang == "zh" else en

    def handed_out(self, function: str) -> str:
        """The signature that was handed out, where the learner's is another one."""
        return self.check.handed_out(function)

    def unreadable(self, function: str, lang: str) -> str:
        """Where Python cannot read the learner's file; empty when it can."""
        file, problem = self.check.unreadable(function)
        if problem is None:
            return ""
        from grader.grading.verdicts.explanation import unreadable

        return unreadable(file, problem.place, lang)

    @property
    def titles(self) -> tuple[str, str]:
        """The exercise's title in both languages."""
        return self.check.exercise.title_en, self.check.exercise.title_zh


class HiddenFile(ExperimentFile):
    """All checks of an exercise, public and hidden, as grading decides them."""

    hidden = True

    @property
    def run(self) -> HiddenRun:
        """The grading of the one submission of this session, made once."""
        from grader.grading.runs.hidden_checks import HiddenRun

        stash = self.config.stash
        if KEY not in stash:
            given, option = self.config.getoption("--submission"), self.config.getoption
            target = Path(given) if given else None
            limit, sandbox = option("--time-limit"), option("--sandbox")
            try:
                root = find_course(self.path.parent)
                stash[KEY] = HiddenRun.make(root, target, option("--seed"), limit, sandbox)
            except GraderError as error:
                raise self.CollectError(str(error)) from None
            self.config.add_cleanup(stash[KEY].close)
        return stash[KEY]

    @property
    def exercise_name(self) -> str:
        """The exercise that the file belongs to."""
        return self.path.stem.removeprefix("test_")

    @property
    def functions(self) -> list[str]:
        """The functions of the exercise, in order."""
        return list(self.run.library.exercise_files[self.exercise_name].exercise.points)

    def checks(self, function: str) -> list[Check]:
        """All checks."""
        return self.run.library.course.exercise_of[function].checks_of(function)

    def verdict(self, check: Check) -> Verdict:
        """What grading decided."""
        return self.run.verdict(check)

    def points(self, check: Check) -> float:
        """The check's points."""
        return float(self.run.library.course.exercise_of[check.function].shares[check.id])

    def hint(self, mistake: str, lang: str) -> str:
        """The hint of a known mistake."""
        return self.run.library.mistakes[mistake].hint(lang)

    @property
    def titles(self) -> tuple[str, str]:
        """The exercise's title in both languages."""
        exercise = self.run.library.exercise_files[self.exercise_name].exercise
        return exercise.title_en, exercise.title_zh
