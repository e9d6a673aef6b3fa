"""Open .7z and .rar archives: choose the sandbox, start the worker at the first archive, describe what went wrong.

Theory of operation
    An archive is opened only in a sandbox of level full or core, whose protections a trial has tested. The worker is
    separate from those that run student code: another process, another program, without torch. It forks one child per
    archive, which has no file, no network and no other process to reach, and which gets the bytes of one archive.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from types import TracebackType

from grader.core.errors import WorkerDiedError, WorkerStartError
from grader.core.reasons import Code, UnreadableError
from grader.execution.extraction import libarchive
from grader.execution.extraction.archive_jobs import ArchiveJob
from grader.execution.extraction.archive_stream import BadStreamError
from grader.execution.host.extraction_worker import ExtractionTimeoutError, ExtractionWorker
from grader.execution.host.sandbox_detection import AUTOMATIC
from grader.execution.host.sandbox_levels import Level, Sandbox, candidates

MEMORY, CPU = 512, 40
"""MiB and seconds of processor time for the child that opens one archive; the time limit comes first."""


class ArchiveExtractor:
    """Opens archives in a sandbox of the level that a run asks for; `level_option` is "auto" or a level.

    The worker starts with the first archive and ends with the `with` block. `version` names the versions of libarchive
    and of its parts; it is empty if libarchive is not installed.
    """

    def __init__(self, level_option: str) -> None:
        self._levels = AUTOMATIC if level_option == "auto" else (Level(level_option),)
        self._worker: ExtractionWorker | None = None
        self._has_failed = False
        self.version = libarchive.version()

    def check_available(self) -> None:
        """Raise UnreadableError if libarchive is not installed, or the run has a level below core."""
        if not any(level.is_strong for level in self._levels):
            raise UnreadableError(Code.NEEDS_SANDBOX)
        if not self.version:
            raise UnreadableError(Code.NEEDS_LIBARCHIVE)

    def extract(self, job: ArchiveJob, seconds: float) -> bytes:
        """Return the stream about an archive, checked by `parse_stream`; `seconds` is the time limit.

        Raises UnreadableError with the reason why the archive is not opened.
        """
        self.check_available()
        for attempt in (1, 2):
            worker = self._started_worker()
            try:
                return worker.extract(job, seconds)[1]
            except ExtractionTimeoutError:
                raise UnreadableError(Code.SLOW_ARCHIVE) from None
            except BadStreamError:  # the child has crashed: libarchive has failed on these bytes
                raise UnreadableError(Code.BROKEN, detail="") from None
            except (WorkerDiedError, WorkerStartError):
                worker.stop()
                if attempt == 2:  # the zygote died a second time, and it has read no byte of the archive
                    raise UnreadableError(Code.NEEDS_SANDBOX) from None
        raise AssertionError("unreachable")

    def _started_worker(self) -> ExtractionWorker:
        """Return a worker whose sandbox has passed the trial. Raises UnreadableError if there is none."""
        if self._worker is None and not self._has_failed:
            for sandbox in self._sandboxes():
                worker = ExtractionWorker(sandbox)
                with suppress(WorkerDiedError, WorkerStartError):
                    if worker.passes_trial():
                        self._worker = worker
                        break
                worker.stop()
        if self._worker is None:
            self._has_failed = True
            raise UnreadableError(Code.NEEDS_SANDBOX)
        return self._worker

    def _sandboxes(self) -> Iterator[Sandbox]:
        for level in self._levels:
            if level.is_strong:
                for sandbox in candidates(level, MEMORY, 0):
                    yield replace(sandbox, cpu=CPU)

    def __enter__(self) -> ArchiveExtractor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
