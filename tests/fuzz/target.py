"""A target, which is one reader of untrusted data, and `attempt`, which tries to break it with one input."""

import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

MAX_CPU = 5.0
"""Maximum processor time for one input of at most `mutation.MAX_INPUT` bytes, in seconds. Milliseconds are usual."""

MAX_MEMORY = 256 << 20
"""Maximum number of bytes of memory that the reader may need for one input."""


class SlowInputError(BaseException):
    """The reader took longer than MAX_CPU. It does not inherit from Exception, so the reader does not catch it."""


@dataclass(frozen=True)
class Target:
    """One reader of untrusted data.

    read: function that reads the bytes of an input. It must return, or raise one of `allowed`.
    seeds: function that returns valid inputs, from which other inputs are made.
    allowed: the errors that the reader may raise according to its documentation.
    words: texts that are inserted into inputs, such as keys and signs of the format.
    mutate: function that returns a changed input; None for `mutation.mutated`.
    """

    name: str
    read: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]
    allowed: tuple[type[Exception], ...] = ()
    words: tuple[bytes, ...] = ()
    mutate: Callable[[Random, bytes, Sequence[bytes], Sequence[bytes]], bytes] | None = field(default=None)


@dataclass(frozen=True)
class Failure:
    """An input for which the reader of a target raised another error, or took too much time or memory.

    `problem` says which.
    """

    target: str
    data: bytes
    problem: str

    def __str__(self) -> str:
        """Return a report that a person can turn into a test."""
        shown = repr(self.data) if len(self.data) <= 2000 else f"{self.data[:2000]!r}... ({len(self.data)} bytes)"
        return f"{self.target}: {self.problem}\ninput: {shown}"


def attempt(target: Target, data: bytes) -> Failure | None:
    """Read one input; return the failure, or None if the reader kept its promise."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # reset the peak memory to the current memory
    before = peak_memory()
    try:
        with limited_cpu():
            target.read(data)
    except target.allowed:
        pass
    except SlowInputError:
        return Failure(target.name, data, f"more than {MAX_CPU:g} s of processor time")
    except BaseException:  # noqa: BLE001  (any other exception is a failure)
        return Failure(target.name, data, traceback.format_exc(limit=-8))
    if (more := peak_memory() - before) > MAX_MEMORY:
        return Failure(target.name, data, f"{more >> 20} MiB of memory")
    return None


def peak_memory() -> int:
    """Return the peak memory of this process since the last reset, in bytes."""
    status = Path("/proc/self/status").read_text("ascii", errors="replace")
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


@contextmanager
def limited_cpu() -> Iterator[None]:
    """Raise SlowInputError in the block after MAX_CPU seconds of processor time."""
    before = signal.signal(signal.SIGVTALRM, _end)
    signal.setitimer(signal.ITIMER_VIRTUAL, MAX_CPU)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _end(number: int, frame: FrameType | None) -> None:
    raise SlowInputError
