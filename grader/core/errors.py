"""Errors for people: what happened and what to do, in the reader's language.

An error carries an English template and the facts to fill in. The template is a literal in the raise statement, from
which Babel extracts it into the translation catalog.
"""

from __future__ import annotations

import copyreg
from collections.abc import Sequence
from pathlib import Path

from grader.core.language import translator


class GraderError(Exception):
    """An error that ends the command with a message and no traceback.

    `exit_code` is what the command line returns for it.
    """

    exit_code = 2

    def __init__(self, template: str, /, **facts: object) -> None:
        super().__init__(template, facts)
        self.template, self.facts = template, facts

    def __str__(self) -> str:
        """Return the English message, for logs and tracebacks; `say` returns it in another language."""
        return self.say("en")

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the attributes, not the constructor's arguments: Dask pickles errors that its workers raise."""
        return copyreg.__newobj__, (type(self),), vars(self)  # type: ignore[attr-defined]  # it has no stub

    def say(self, language: str) -> str:
        """Return the message in a language; facts that are errors are translated, too."""
        facts = {name: _translated(fact, language) for name, fact in self.facts.items()}
        return translator(language)(self.template).format(**facts)


class UsageError(GraderError):
    """Wrong input from the user: an option, a file or a folder that the command cannot use."""


class GraderErrors(GraderError):  # noqa: N818  (it holds several errors)
    """Several errors of one run, reported together so that all can be fixed at once."""

    def __init__(self, errors: Sequence[object]) -> None:
        super().__init__("")
        self.errors = list(errors)

    def say(self, language: str) -> str:
        """Return the messages, one per line."""
        return "\n".join(str(_translated(error, language)) for error in self.errors)


class NoSandboxError(GraderErrors, UsageError):
    """No worker started in a sandbox of the wanted level: the machine lacks it, or an experiment cannot be loaded."""


class AuthoringError(GraderError):
    """A wrong declaration in an exercise: its place, the fault found there, and what to do (`cure`).

    The message is always in English.
    """

    def __init__(self, place: str | Path, found: str, cure: str) -> None:
        super().__init__("")
        self.place, self.found, self.cure = str(place), found, cure

    def say(self, language: str) -> str:
        """Return the place and the fault found there on one line, and what to do on the next line."""
        return f"{self.place}: {self.found}\n    What to do: {self.cure}"


class AuthoringErrors(GraderErrors):
    """All authoring errors of one run."""


def _translated(fact: object, language: str) -> object:
    return fact.say(language) if isinstance(fact, GraderError) else fact


class WorkerDiedError(Exception):
    """The zygote ended. The caller starts another zygote and runs the job once more."""


class WorkerStartError(WorkerDiedError):
    """The zygote did not start, or was gone before it had a child: a fault of the machine, not of a submission."""
