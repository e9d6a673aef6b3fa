"""The errors that a person is shown: each says what was found and what to do next."""

from __future__ import annotations

from pathlib import Path


class GraderError(Exception):
    """A fault that ends the command with one clear message and no traceback.

    `exit_code` is what the command line returns for it.
    """

    exit_code = 2


class UsageError(GraderError):
    """The command was called with something it cannot use."""


class AuthoringError(GraderError):
    """An exercise is declared wrongly: where, what was found, and the cure."""

    def __init__(self, place: str | Path, found: str, cure: str) -> None:
        super().__init__(f"{place}: {found}\n    cure: {cure}")
        self.place, self.found, self.cure = str(place), found, cure


class AuthoringErrors(GraderError):  # noqa: N818  (several of them: the plural says so)
    """All the authoring errors of one run, so that an author mends them in one go."""

    def __init__(self, errors: list[AuthoringError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


class WorkerDiedError(Exception):
    """The process that forks the children is gone; the caller starts another and tries once more."""


class WorkerStartError(WorkerDiedError):
    """The process that forks the children does not start: this machine's trouble, no submission's."""
