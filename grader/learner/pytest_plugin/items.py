"""pytest items: each check is an item; each function collects its checks, and each exercise its functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ExceptionInfo, TerminalRepr

from grader.core.errors import GraderError
from grader.core.language import translator
from grader.core.text import Text
from grader.course.discovery import natural_key
from grader.experiments.declaration import Check
from grader.learner.pytest_plugin.failure import failure_text
from grader.learner.pytest_plugin.preconditions import language

if TYPE_CHECKING:
    from grader.core.errors import AuthoringError
    from grader.grading.verdicts.verdict import Verdict

PROPERTY = "autograded"

SHOWN_SYNTAX_ERRORS: pytest.StashKey[set[str]] = pytest.StashKey()
"""Messages about syntax errors that were shown. Each is shown once for its file, not for each check."""


class ExperimentFile(pytest.File):
    """Collector for one exercise; subclasses run its checks on a learner's files or on a submission."""

    hidden = False
    """True if the file also collects hidden checks."""

    @property
    def functions(self) -> list[str]:
        """Functions of the exercise, in order."""
        raise NotImplementedError

    def checks(self, function: str) -> list[Check]:
        """Return the checks of a function that this file collects: only public checks, or public and hidden checks."""
        raise NotImplementedError

    def verdict(self, check: Check) -> Verdict:
        """Return the verdict on a check, running it if necessary."""
        raise NotImplementedError

    def points(self, check: Check) -> float:
        """Return the points of a check."""
        raise NotImplementedError

    def function_points(self, function: str) -> float:
        """Return the points of a function, including the points of its hidden checks."""
        raise NotImplementedError

    def passed_checks(self, function: str) -> tuple[int, int] | None:
        """Return how many public checks of a failed function pass, and how many there are; None if not known."""
        return None

    def hint(self, mistake: str, lang: str) -> str:
        """Return the hint of a known mistake in the language `lang`."""
        raise NotImplementedError

    def original_signature(self, function: str) -> str:
        """Return the signature in the hand-out if the learner's signature differs from it, else ""."""
        return ""

    def location(self, function: str) -> str:
        """Return FILE:LINE of the learner's function; empty if it is not known."""
        return ""

    def experiment_error(self, verdict: Verdict, lang: str) -> str:
        """Return where the experiment of a check raised an exception; empty if it raised none, or if unknown."""
        return ""

    def unreadable(self, function: str, lang: str) -> str:
        """Return the message about a syntax error in the learner's file; empty if there is none."""
        return ""

    @property
    def title(self) -> Text:
        """Title of the exercise."""
        raise NotImplementedError

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Yield a collector for each function."""
        for function in self.functions:
            yield FunctionNode.from_parent(self, name=function)

    def raise_errors(self, errors: list[AuthoringError]) -> None:
        """Raise CollectError if there are faults in the declarations."""
        if errors:
            raise self.CollectError("\n".join(str(error) for error in errors))


class FunctionNode(pytest.Collector):
    """Collector for one function of an exercise."""

    parent: ExperimentFile

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each check."""
        for number, check in enumerate(self.parent.checks(self.name)):
            yield CheckItem.from_parent(self, name=check.name, check=check, number=number)


class CheckFailedError(Exception):
    """A check did not pass: pytest reports `verdict` as a failure."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.check.id)
        self.verdict = verdict


class CheckItem(pytest.Item):
    """One check.

    The item is skipped if the function is a stub, if the check cannot be decided, or if the file has a syntax error
    that an earlier item has shown. `summary.Summary` sets the exit code of the run to 1 if an item was skipped for one
    of these reasons.
    """

    def __init__(self, *, check: Check, number: int, **more: Any) -> None:
        super().__init__(**more)
        self.check, self.number = check, number
        parent = self.parent
        assert parent is not None
        assert isinstance(parent.parent, ExperimentFile)
        self.exercise: ExperimentFile = parent.parent

    def runtest(self) -> None:
        """Get the verdict on the check, record it for the summary, and pass, skip or fail the item."""
        verdict = self.exercise.verdict(self.check)
        status, points = verdict.status.value, self.exercise.points(self.check)
        lang = language(self.config)
        unreadable = self.exercise.unreadable(self.check.function, lang)
        shown = self.config.stash.setdefault(SHOWN_SYNTAX_ERRORS, set())
        result = {
            "file": self.path.name.removeprefix("test_"),
            "title": self.exercise.title.in_(lang),
            "function": self.check.function,
            "claim": unreadable or self.check.claim.in_(lang),
            "status": status,
            "unread": unreadable in shown,
            "points": points,
            "check": self.check.id,
            "function_points": self.exercise.function_points(self.check.function),
            "order": [natural_key(self.path), self.exercise.functions.index(self.check.function), self.number],
            "hidden": self.exercise.hidden,
        }
        self.user_properties.append((PROPERTY, result))
        tr = translator(lang)
        if status == "not_attempted":
            pytest.skip(tr("not started"))
        if status == "grader_fault" and not self.exercise.experiment_error(verdict, lang):
            from grader.grading.verdicts.explanation import explain

            pytest.skip(explain(verdict, lang))
        if unreadable in shown:
            pytest.skip(unreadable)
        if unreadable:
            shown.add(unreadable)
        if not verdict.passed:
            raise CheckFailedError(verdict)

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """Return the text of a failed check or of a GraderError.

        For other exceptions, return the part of the traceback that is in the folder of the exercise.
        """
        if isinstance(excinfo.value, GraderError):
            return excinfo.value.say(language(self.config))
        if not isinstance(excinfo.value, CheckFailedError):
            own = excinfo.traceback.filter(lambda entry: Path(entry.path).is_relative_to(self.path.parent))
            excinfo.traceback = own or excinfo.traceback  # the whole traceback if no frame is in that folder
            return super().repr_failure(excinfo)
        return failure_text(self.config, self.exercise, excinfo.value.verdict)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the id of the check as the title of the failure."""
        return self.path, None, self.check.id
