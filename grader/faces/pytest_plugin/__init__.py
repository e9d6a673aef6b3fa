"""pytest shows verdicts; it does not produce them.

pytest exercises/                        a learner checks her own files against the goldens
pytest tests/hidden --submission DIR     what grading decides about a submission, item by item
pytest tests/hidden                      the same on the solutions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ExceptionInfo, TerminalRepr

from grader.core.errors import GraderError
from grader.core.language import choose_language, translator
from grader.declare.catalog import HIDDEN, find_course, is_experiment_file, natural, read_exercise
from grader.declare.experiment import Declared
from grader.faces.pytest_plugin.failure import FailureText
from grader.faces.pytest_plugin.start import Start, checks_of_answers, lacks_torch, load_torch, right_folder

if TYPE_CHECKING:
    from grader.core.errors import AuthoringError
    from grader.judge.hidden_run import HiddenRun
    from grader.judge.self_check import SelfCheck
    from grader.judge.verdict import Verdict
    from grader.run.source import Submission

PROPERTY = "autograded"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the two ways to check."""
    group = parser.getgroup("autograded")
    group.addoption("--submission", metavar="DIR", help="a student's folder or file to run the hidden checks on")
    group.addoption("--seed", type=int, default=1, help="seed of the hidden checks (a run's is in its run.json)")
    group.addoption("--sandbox", default="auto", help="walls round the submission: auto, full, core, weak, none")
    group.addoption("--lang", metavar="en|zh", help="language of claims and hints (default: the system's)")
    group.addoption("--time-limit", type=float, default=5.0, metavar="S", help="seconds for one check (default 5)")


def pytest_configure(config: pytest.Config) -> None:
    """Where reports arrive (not in an xdist worker), keep the tally for the summary."""
    config.pluginmanager.register(Start(), "autograded-start")
    config.args[:] = [checks_of_answers(argument, config.invocation_params.dir) for argument in config.args]
    if not hasattr(config, "workerinput"):
        from grader.faces.pytest_plugin.summary import Tally

        right_folder(config, language(config))
        config.pluginmanager.register(Tally(language(config)), "autograded-tally")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file of experiments is collected as such, not as a module of tests."""
    if not is_experiment_file(module_path):
        return None
    hidden = module_path.parent.parts[-2:] == HIDDEN.parts
    kind = HiddenFile if hidden else PublicFile
    return kind.from_parent(parent, path=module_path)


def language(config: pytest.Config) -> str:
    """The language of this run."""
    return choose_language(config.getoption("--lang"))


class ExperimentFile(pytest.File):
    """One exercise: a collector of functions."""

    @property
    def functions(self) -> list[str]:
        """The functions of the exercise, in order."""
        raise NotImplementedError

    def checks(self, function: str) -> list[Declared]:
        """The checks of a function that this file shows."""
        raise NotImplementedError

    def verdict(self, check: Declared) -> Verdict:
        """Decide a check."""
        raise NotImplementedError

    def points(self, check: Declared) -> float:
        """What a check is worth."""
        raise NotImplementedError

    def hint(self, mistake: str, lang: str) -> str:
        """The hint of a known mistake."""
        raise NotImplementedError

    def handed_out(self, function: str) -> str:
        """The signature that was handed out, where the learner's is another one."""
        return ""

    def unreadable(self, function: str, lang: str) -> str:
        """Where Python cannot read the learner's file; empty when it can."""
        return ""

    @property
    def titles(self) -> tuple[str, str]:
        """The exercise's title in English and Chinese."""
        raise NotImplementedError

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """A collector for each function."""
        for function in self.functions:
            yield FunctionNode.from_parent(self, name=function)

    def complain(self, errors: list[AuthoringError]) -> None:
        """Faults in the declarations end the collection with a clear word."""
        if errors:
            raise self.CollectError("\n".join(str(error) for error in errors))


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
            from grader.judge.golden import StaleGoldenError, read_golden
            from grader.judge.self_check import SelfCheck, learner_files

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

    def checks(self, function: str) -> list[Declared]:
        """The public checks."""
        return self.check.exercise.checks_of(function)

    def verdict(self, check: Declared) -> Verdict:
        """Run the check now, in this process."""
        if not self.check.untouched(check.function):
            load_torch(language(self.config))
        return self.check.run(check, propagate=bool(self.config.getoption("usepdb")))

    def points(self, check: Declared) -> float:
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
        from grader.judge.explain import unreadable

        return unreadable(file, problem.place, lang)

    @property
    def titles(self) -> tuple[str, str]:
        """The exercise's title in both languages."""
        return self.check.exercise.title_en, self.check.exercise.title_zh


class HiddenFile(ExperimentFile):
    """All checks of an exercise, public and hidden, as grading decides them."""

    @property
    def run(self) -> HiddenRun:
        """The grading of the one submission of this session, made once."""
        from grader.judge.hidden_run import HiddenRun

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
        return list(self.run.library.shelves[self.exercise_name].exercise.points)

    def checks(self, function: str) -> list[Declared]:
        """All checks."""
        return self.run.library.course.home[function].checks_of(function)

    def verdict(self, check: Declared) -> Verdict:
        """What grading decided."""
        return self.run.verdict(check)

    def points(self, check: Declared) -> float:
        """The check's points."""
        return float(self.run.library.course.home[check.function].shares[check.id])

    def hint(self, mistake: str, lang: str) -> str:
        """The hint of a known mistake."""
        return self.run.library.mistakes[mistake].hint(lang)

    @property
    def titles(self) -> tuple[str, str]:
        """The exercise's title in both languages."""
        exercise = self.run.library.shelves[self.exercise_name].exercise
        return exercise.title_en, exercise.title_zh


KEY: pytest.StashKey[HiddenRun] = pytest.StashKey()
FILES: pytest.StashKey[dict[Path, Submission]] = pytest.StashKey()
"""The learner's files by folder: all exercises of a folder are answered in the same ones, read once."""


UNREADABLE: pytest.StashKey[set[str]] = pytest.StashKey()
"""What was said of files that Python cannot read: once for each file, not for each of its checks."""


class FunctionNode(pytest.Collector):
    """One function of an exercise."""

    parent: ExperimentFile

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each check."""
        for number, check in enumerate(self.parent.checks(self.name)):
            yield CheckItem.from_parent(self, name=check.name, check=check, number=number)


class CheckFailedError(Exception):
    """A check did not pass."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.check.id)
        self.verdict = verdict


class CheckItem(pytest.Item):
    """One check. It is skipped while the function is a stub or its file no Python, and such a run does not succeed."""

    def __init__(self, *, check: Declared, number: int, **more: Any) -> None:
        super().__init__(**more)
        self.check, self.number = check, number
        parent = self.parent
        assert parent is not None
        assert isinstance(parent.parent, ExperimentFile)
        self.exercise: ExperimentFile = parent.parent

    def runtest(self) -> None:
        """Decide, tell the tally, and pass, skip or fail."""
        verdict = self.exercise.verdict(self.check)
        status, points = verdict.status.value, self.exercise.points(self.check)
        titles = self.exercise.titles
        lang = language(self.config)
        unreadable = self.exercise.unreadable(self.check.function, lang)
        told = self.config.stash.setdefault(UNREADABLE, set())
        tell = {
            "file": self.path.name.removeprefix("test_"),
            "title": titles[1] if lang == "zh" else titles[0],
            "function": self.check.function,
            "claim": unreadable or self.check.claim(lang),
            "status": status,
            "unread": unreadable in told,
            "points": points,
            "order": [natural(self.path), self.exercise.functions.index(self.check.function), self.number],
            "hidden": isinstance(self.exercise, HiddenFile),
        }
        self.user_properties.append((PROPERTY, tell))
        tr = translator(lang)
        if status == "not_attempted":
            pytest.skip(tr("not started"))
        if status == "grader_fault":
            from grader.judge.explain import explain

            pytest.skip(explain(verdict, lang))
        if unreadable in told:
            pytest.skip(unreadable)
        if unreadable:
            told.add(unreadable)
        if not verdict.passed:
            raise CheckFailedError(verdict)

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """Claim, yours, expected, hints; a traceback only for what is no verdict."""
        if not isinstance(excinfo.value, CheckFailedError):
            own = excinfo.traceback.filter(lambda entry: Path(entry.path).is_relative_to(self.path.parent))
            excinfo.traceback = own or excinfo.traceback  # with --pdb, not the way that led through pytest and grader
            return super().repr_failure(excinfo)
        from grader.judge.explain import explain

        lang, verdict = language(self.config), excinfo.value.verdict
        hints = [self.exercise.hint(mistake, lang) for mistake in verdict.hints]
        tr, found = translator(lang), explain(verdict, lang)
        if expected := self.exercise.handed_out(self.check.function):
            found += "\n" + tr("handed out as: {signature}").format(signature=expected)
        head = self.exercise.unreadable(self.check.function, lang) or self.check.id
        return FailureText(head, found, hints, tr("hint: "))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The claim heads the failure."""
        return self.path, None, self.check.claim(language(self.config))
