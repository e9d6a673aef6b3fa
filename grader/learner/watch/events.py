"""What happens while `grader watch` watches."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeAlias

from grader.execution.host.pool import JobResult
from grader.learner.learner_files import OwnFiles


@dataclass(frozen=True)
class Saved:
    """Files were written."""

    files: tuple[str, ...]
    moment: float


@dataclass(frozen=True)
class Watched:
    """From now on no save is missed; one that came before may have been."""


@dataclass(frozen=True)
class Pressed:
    """A key."""

    key: str


@dataclass(frozen=True)
class Drawn:
    """The page must be shown anew: the terminal has another size."""


@dataclass(frozen=True)
class Run:
    """Functions that run now, on the files as they were, because of a save."""

    functions: tuple[str, ...]
    own: OwnFiles
    save: Saved
    future: Future[list[JobResult]]


@dataclass(frozen=True)
class Finished:
    """A run, or the start of the worker (None), is done."""

    run: Run | None
    error: BaseException | None = None


Event: TypeAlias = Saved | Watched | Pressed | Drawn | Finished
