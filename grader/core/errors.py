"""The errors that a person is shown: each says what was found and what to do next, in the reader's language.

An error carries its English template and the facts that belong in it. The template is written out where the error is
raised: there the translators' catalogue finds it.
"""

from __future__ import annotations

import copyreg
from collections.abc import Sequence
from pathlib import Path

from grader.core.language import translator


class GraderError(Exception):
    """A fault that ends the command with one clear message and no traceback.

    `exit_code` is what the command line returns for it.
    """

    exit_code = 2

    def __init__(self, template: str, /, **facts: object) -> None:
        super().__init__(template, facts)
        self.template, self.facts = template, facts

    def __str__(self) -> str:
        """The message in English."""
        return self.say("en")

    def __reduce__(self) -> tuple[object, ...]:
        """Errors of a cluster's workers travel: whatever their constructor takes, they arrive as they were."""
        return copyreg.__newobj__, (type(self),), vars(self)  # type: ignore[attr-defined]  # it has no stub

    def say(self, language: str) -> str:
        """The message in a language; facts that are errors themselves are said in it, too."""
        facts = {name: _said(fact, language) for name, fact in self.facts.items()}
        return translator(language)(self.template).format(**facts)


class UsageError(GraderError):
    """The command was called with something it cannot use."""


class GraderErrors(GraderError):  # noqa: N818  (several of them: the plural says so)
    """Several faults of one run, so that all can be mended in one go."""

    def __init__(self, errors: Sequence[object]) -> None:
        super().__init__("")
        self.errors = list(errors)

    def say(self, language: str) -> str:
        """Each on its own line."""
        return "\n".join(str(_said(error, language)) for error in self.errors)


class AuthoringError(GraderError):
    """An exercise is declared wrongly: where, what was found, and the cure. Authors are told in English."""

    def __init__(self, place: str | Path, found: str, cure: str) -> None:
        super().__init__("")
        self.place, self.found, self.cure = str(place), found, cure

    def say(self, language: str) -> str:
        """What is wrong where, and below it the cure."""
        return f"{self.place}: {self.found}\n    cure: {self.cure}"


class AuthoringErrors(GraderErrors):
    """All the authoring errors of one run, so that an author mends them in one go."""


def _said(fact: object, language: str) -> object:
    return fact.say(language) if isinstance(fact, GraderError) else fact


class WorkerDiedError(Exception):
    """The process that forks the children is gone; the caller starts another and tries once more."""


class WorkerStartError(WorkerDiedError):
    """The process that forks the children does not start: this machine's trouble, no submission's."""
