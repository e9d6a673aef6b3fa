"""Open .7z and .rar archives: choose the sandbox, start the worker with the first archive, give reasons for failures.

Theory of operation
    An archive is opened only in a sandbox of level full or core, which a trial has tested. The worker is separate from
    the workers that run student code: its process runs another program, without torch. The process of the worker forks
    one child per archive. The child gets the bytes of this archive, and can reach no file, no network and no other
    process.
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
"""Limits of a child that opens one archive: MiB of memory, and seconds of processor time.

The time limit of an archive is shorter than the limit of processor time.
"""


class ArchiveExtractor:
    """Opens archives in a sandbox. `level_option` is the sandbox level of the run, or "auto".

    The worker starts with the first archive and ends with the `with` block. `version` names the versions of libarchive
    and of the libraries that it uses; it is empty if libarchive is not installed.
    """

    def __init__(self, level_option: str) -> None:
        self._levels = AUTOMATIC if level_option == "auto" else (Level(level_option),)
        self._worker: ExtractionWorker | None = None
        self._has_failed = False
        self.version = libarchive.version()

    def check_available(self) -> None:
        """Raise UnreadableError if libarchive is not installed, or if the run uses a sandbox level below core."""
        if not any(level.is_strong for level in self._levels):
            raise UnreadableError(Code.NEEDS_SANDBOX)
        if not self.version:
            raise UnreadableError(Code.NEEDS_LIBARCHIVE)

    def extract(self, job: ArchiveJob, seconds: float) -> bytes:
        """Return the stream about an archive; `parse_stream` has checked it. `seconds` is the time limit.

        Raises UnreadableError with the reason why the archive cannot be opened.
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
                if attempt == 2:  # the zygote has died twice; the archive is not the cause, since no zygote reads it
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
