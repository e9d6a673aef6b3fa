"""Run the hostile submissions in the sandbox, and look for every trace that they could leave outside of it.

    python -m tests.corpus LEVEL [PART OF A NAME]

The traces are canaries: files that must not appear, and listeners that must get no connection. The program prints one
line for each problem. Its exit code is 1 if there is a problem. It is a separate program, so that a test can start it
as another user.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from grader.course.library import open_library
from grader.execution.guest.default_limits import MEMORY_LIMIT
from grader.execution.guest.job import Job
from grader.execution.host.job_run import JobResult
from grader.execution.host.pool import Pool, make_sandboxed_pool
from grader.grading.runs.submission_grader import GradedSubmission, SubmissionGrader
from grader.submissions.submission import Submission
from tests.tools import ROOT

ATTACKS = ROOT / "tests" / "attacks"
FUNCTIONS = ["compute_mse_loss", "inspect_grad_fn", "manual_sgd_step"]
SOCKET = Path(f"/tmp/sandbox_canary_{os.getpid()}.sock")
"""Path of a local socket. It differs between processes, so that this program can run several times at once."""
SECRET = "cnry-7f3a9"
SEED = 7
TIME_LIMIT = 1.0
GRACE = 2.0
"""Seconds that a hostile file may take beyond the sum of its limits of time and processor time."""

MAX_MESSAGE = 3000
"""Maximum number of characters of a message about a hostile file, including hints."""

HONEST = (ATTACKS / "134_source_crlf.py").name
HOPELESS = "092_exit_async_functions.py"


class Row(msgspec.Struct, frozen=True):
    """A line of the manifest: a hostile file, and the result that it must have.

    score: "zero", "full", "part" (at least one function is below its points), "honest" (any score), or the points of
        all functions together.
    outcome: the outcome of the first function, if only one outcome is right.
    time_limit, submission_limit: seconds for each check, and for all checks together. Files that run until a limit
        have a short one.
    """

    file: str
    score: float | Literal["zero", "full", "part", "honest"]
    attack: str
    expected: str
    outcome: str = ""
    time_limit: float = TIME_LIMIT
    submission_limit: float | None = None


def read_manifest() -> list[Row]:
    """Return the lines of the manifest."""
    return msgspec.json.decode((ATTACKS / "manifest.json").read_bytes(), type=list[Row])


@dataclass
class Canaries:
    """Listeners that must get no connection or message, and files that must not appear."""

    heard: list[str] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)

    def listen(self) -> Canaries:
        """Start the listeners."""
        tcp, udp = socket.AF_INET, socket.SOCK_DGRAM
        self._door(socket.socket(tcp, socket.SOCK_STREAM), ("127.0.0.1", 0))
        self._door(socket.socket(tcp, udp), ("127.0.0.1", 0))
        self._door(socket.socket(socket.AF_UNIX), str(SOCKET))
        self._door(socket.socket(socket.AF_UNIX), f"\0{SOCKET.name}")
        SOCKET.chmod(0o777)
        return self

    def _door(self, door: socket.socket, address: object) -> None:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
        if door.type == socket.SOCK_STREAM:
            door.listen(8)
        self._open.append(door)
        threading.Thread(target=self._wait, args=(door, str(address)), daemon=True).start()

    def _wait(self, door: socket.socket, name: str) -> None:
        with contextlib.suppress(OSError):
            while True:
                if door.type == socket.SOCK_STREAM:
                    door.accept()[0].close()
                else:
                    door.recvfrom(1000)
                self.heard.append(name)

    def close(self) -> None:
        """Stop the listeners and remove the socket, because another user may run this program next."""
        for door in self._open:
            door.close()
        SOCKET.unlink(missing_ok=True)

    def found(self) -> list[str]:
        """Return the files that appeared and the listeners that got a connection since the last call."""
        places = [
            "/tmp",
            "/var/tmp",
            "/dev/shm",
            str(Path.home()),
            str(Path.cwd()),
            str(ATTACKS),
            str(ROOT),
            sys.prefix,
        ]
        files = {str(f) for place in places for f in Path(place).glob("*SANDBOX_CANARY*")}
        for file in files:
            Path(file).unlink(missing_ok=True)
        signs, self.heard[:] = [*sorted(files), *self.heard], []
        return signs


def descendants(pid: int) -> set[int]:
    """Return the process ids of the children of a process, of their children, and so on."""
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                found |= {int(child)} | descendants(int(child))
    return found


class MeasuredPool:
    """A pool that also reports how many seconds the last submission used, without its waits for a processor."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self.jobs, self.level = pool, pool.jobs, pool.level
        self._last: Future[JobResult] | None = None

    def submit(self, job: Job) -> Future[JobResult]:
        """Run a job in the pool."""
        future = self._pool.submit(job)
        if job.budget:  # the sources of the course have none
            self._last = future
        return future

    def seconds_used(self) -> float:
        """Return the seconds that the last submission used, without its waits for a processor; 0 before the first."""
        return self._last.result().seconds_used if self._last else 0.0


class Corpus:
    """Grades a hostile file and then an honest one, with the code that grades a class, and looks for problems."""

    def __init__(self, pool: Pool) -> None:
        self._library, self._pool = open_library(ROOT), MeasuredPool(pool)
        self._graders: dict[tuple[float, float | None], SubmissionGrader] = {}
        self.canaries = Canaries().listen()
        self._grade(HOPELESS)  # so that the known mistakes, which run after the first wrong answer, have already run
        self._processes = descendants(os.getpid())

    def problems(self, row: Row) -> Iterator[str]:
        """Grade one hostile file and an honest file after it; yield a message for each problem."""
        started = time.process_time()
        graded = self._grade(row.file, row.time_limit, row.submission_limit)
        took = self._pool.seconds_used() + time.process_time() - started
        yield from self._wrong_scores(row, graded)
        if row.outcome and graded.records[0].outcome != row.outcome:
            yield f"{graded.records[0].function} is {graded.records[0].outcome}, not {row.outcome}: {self._why(graded)}"
        if any(record.outcome == "grader_fault" for record in graded.records):
            yield f"a grader fault: {self._why(graded)}"
        longest = max(len(check.message) for record in graded.records for check in record.checks)
        if longest > MAX_MESSAGE:
            yield f"a message of {longest} characters"
        if "STOLEN" in graded.output or SECRET in graded.output:
            yield f"it printed {graded.output[:200]!r}"
        if took > len(FUNCTIONS) * TIME_LIMIT + GRACE + 4 * TIME_LIMIT:
            yield f"took {took:.1f} s, with the grader's processor time"
        yield from self._after()

    def _wrong_scores(self, row: Row, graded: GradedSubmission) -> Iterator[str]:
        scores = {record.function: record.score or 0.0 for record in graded.records}
        most = {record.function: record.max_score for record in graded.records}
        if row.score == "zero" and any(scores.values()):
            yield f"scored {scores}"
        if row.score == "full" and scores != most:
            yield f"must be full, scored {scores}: {self._why(graded)}"
        if row.score == "part" and not any(score < most[function] for function, score in scores.items()):
            yield f"the attacked function scored {scores}"
        if isinstance(row.score, float) and abs(sum(scores.values()) - row.score) > 1e-9:
            yield f"must be {row.score}, scored {scores}: {self._why(graded)}"

    def _after(self) -> Iterator[str]:
        honest = self._grade(HONEST)
        if any(record.score != record.max_score for record in honest.records):
            yield f"the next honest submission suffered: {self._why(honest)}"
        if signs := self.canaries.found():
            yield f"canaries: {signs}"
        strays = descendants(os.getpid()) - self._processes
        if len(strays) > 0:
            yield f"processes left: {len(strays)}"
            self._processes |= strays

    def _grade(self, file: str, limit: float = TIME_LIMIT, in_all: float | None = None) -> GradedSubmission:
        if (limit, in_all) not in self._graders:
            grader = SubmissionGrader(self._library, self._pool, SEED, FUNCTIONS, limit, submission_limit=in_all)
            self._graders[limit, in_all] = grader
        return self._graders[limit, in_all].grade(Submission(file, ATTACKS, (file,)))

    @staticmethod
    def _why(graded: GradedSubmission) -> str:
        messages = {c.message.splitlines()[0] for r in graded.records for c in r.checks if c.message}
        return "; ".join(sorted(messages))[:300]


def main(level: str, only: str = "") -> int:
    """Grade the hostile files with `only` in their names at a sandbox level; return how many have problems."""
    os.environ["SANDBOX_CANARY_SECRET"] = SECRET
    rows = [row for row in read_manifest() if only in row.file]
    started, bad = time.monotonic(), 0
    with make_sandboxed_pool(open_library(ROOT).experiment_files, 2, level, MEMORY_LIMIT, TIME_LIMIT) as pool:
        corpus = Corpus(pool)
        for row in rows:
            problems = list(corpus.problems(row))
            bad += bool(problems)
            for problem in problems:
                print(f"{row.file}: {problem}")  # noqa: T201  (a program's output)
        corpus.canaries.close()
    print(f"{level}: {len(rows)} files, {bad} with problems, {time.monotonic() - started:.0f} s")  # noqa: T201
    return bad


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
