"""A check as pytest's item, in the collectors of its function and its exercise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ExceptionInfo, TerminalRepr

from grader.core.language import translator
from grader.course.discovery import natural_key
from grader.experiments.declaration import Check
from grader.learner.pytest_plugin.failure import FailureText
from grader.learner.pytest_plugin.start import language

if TYPE_CHECKING:
    from grader.core.errors import AuthoringError
    from grader.grading.verdicts.verdict import Verdict

PROPERTY = "autograded"

UNREADABLE: pytest.StashKey[set[str]] = pytest.StashKey()
"""What was said of files that Python cannot read: once for each file, not for each of its checks."""


class ExperimentFile(pytest.File):
    """One exercise: a collector of functions."""

    hidden = False
    """Whether hidden checks are among them."""

    @property
    def functions(self) -> list[str]:
        """The functions of the exercise, in order."""
        raise NotImplementedError

    def checks(self, function: str) -> list[Check]:
        """The checks of a function that this file shows."""
        raise NotImplementedError

    def verdict(self, check: Check) -> Verdict:
        """Decide a check."""
        raise NotImplementedError

    def points(self, check: Check) -> float:
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

    def __init__(self, *, check: Check, number: int, **more: Any) -> None:
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
            "order": [natural_key(self.path), self.exercise.functions.index(self.check.function), self.number],
            "hidden": self.exercise.hidden,
        }
        self.user_properties.append((PROPERTY, tell))
        tr = translator(lang)
        if status == "not_attempted":
            pytest.skip(tr("not started"))
        if status == "grader_fault":
            from grader.grading.verdicts.explanation import explain

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
        from grader.grading.verdicts.explanation import explain

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
