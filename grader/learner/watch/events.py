"""Events in the queue of `grader watch`: saved files, keys, a resized terminal, finished runs."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeAlias

from grader.execution.host.job_run import JobResult
from grader.learner.files.learner_files import LearnerFiles


@dataclass(frozen=True)
class Save:
    """Files were saved: their names, and the time in seconds of `time.monotonic`."""

    files: tuple[str, ...]
    moment: float


@dataclass(frozen=True)
class WatcherStart:
    """The file watcher reports all saves from now on. The watcher may have missed earlier saves."""


@dataclass(frozen=True)
class KeyPress:
    """The learner pressed a key. `key` is a character, or a name such as "up" or "enter"."""

    key: str


@dataclass(frozen=True)
class Resize:
    """The size of the terminal changed, so the page must be drawn again."""


@dataclass(frozen=True)
class CheckRun:
    """A run of checks after a save: the functions, the contents of the files, and the future of the results."""

    functions: tuple[str, ...]
    files: LearnerFiles
    save: Save
    future: Future[list[JobResult]]


@dataclass(frozen=True)
class RunEnd:
    """A run of checks ended; if `run` is None, the start of the worker ended. `error` is the exception if it failed."""

    run: CheckRun | None
    error: BaseException | None = None


Event: TypeAlias = Save | WatcherStart | KeyPress | Resize | RunEnd
