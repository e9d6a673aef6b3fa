"""What crosses the process boundary: a job goes in, frames come out. Plain data only, every size capped.

A frame is a 4-byte length and JSON. Whatever the child sends is hostile: `FrameReader` accepts the expected kinds and
raises `BadFrameError` on everything else; it never builds an object that could run code. In JSON every key is text:
MessagePack would allow keys that collide by the thousand, and a dict of those takes minutes to build.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.core.outcomes import Located, Missing, NotAttempted, Observed, Outcome, Raised, Refused
from grader.core.reasons import Code, Reason

MAX_FRAME = 1 << 20
"""Bytes of one frame: an experiment observes a few numbers."""

MAX_TOTAL = 32 << 20
"""Bytes of all frames of one child."""


MAX_ITEMS = 200_000
"""Values in one frame: decoding them takes the parent's time, not the child's."""

SMALL = 2048
"""Bytes of a frame that is remembered: four thousand of them are a few megabytes."""

MAX_NAMES = 1000
"""Observations of one experiment."""

TIME_LIMIT = 5.0
"""Seconds for one experiment; the right answers take milliseconds."""


FROM_CHILD = frozenset(
    {
        Code.NOT_DEFINED,
        Code.SEVERAL_FILES,
        Code.NO_FUNCTION_LEFT,
        Code.UTF16,
        Code.NULL_BYTES,
        Code.UNDECODABLE,
        Code.BAD_NOTEBOOK,
        Code.UNAVAILABLE,
    }
)
"""The reasons that a child finds out; all others are the parent's to give."""


class BadFrameError(Exception):
    """The bytes are no frame that a child of ours sends."""


class Task(msgspec.Struct, frozen=True):
    """One experiment to run: on a function, by the id of its check, with a seed."""

    function: str
    check: str
    seed: int


class Job(msgspec.Struct, frozen=True):
    """What a worker gets: a submission's files, the stem of each function's stub file, its tasks grouped by function.

    `time_limit` is in seconds for one task. `more` is run after it in the same child: only for sources of our own,
    which need no protection from each other.
    """

    files: tuple[tuple[str, bytes], ...]
    homes: dict[str, str]
    tasks: tuple[Task, ...]
    time_limit: float = TIME_LIMIT
    more: tuple[Job, ...] = ()


class Setup(msgspec.Struct, frozen=True):
    """What a zygote holds: the experiment files (path, source), the walls of its children, and nothing that is right.

    `memory` is in MiB, `cpu` in seconds.
    """

    files: list[tuple[str, bytes]]
    walls: list[str] = []
    memory: int = 0
    cpu: int = 0


@dataclass(frozen=True)
class FunctionsLocated:
    """First frame: where the functions are."""

    functions: Mapping[str, Located]


@dataclass(frozen=True)
class FileStarted:
    """A file is about to be run."""

    file: str


@dataclass(frozen=True)
class FileFinished:
    """The file was run, whatever came of it."""

    file: str


@dataclass(frozen=True)
class TaskFinished:
    """A task was run."""

    index: int
    outcome: Outcome


Frame = FunctionsLocated | FileStarted | FileFinished | TaskFinished


def pack(frame: Frame) -> bytes:
    """Encode a frame with its length."""
    match frame:
        case FunctionsLocated(functions):
            body: list[object] = ["placed", {name: _pack_located(place) for name, place in functions.items()}]
        case FileStarted(file):
            body = ["loading", file]
        case FileFinished(file):
            body = ["loaded", file]
        case TaskFinished(index, outcome):
            body = ["done", index, *outcome_to_plain(outcome)]
    data = msgspec.json.encode(body)
    return struct.pack("<I", len(data)) + data


def unpack(data: bytes) -> Frame:
    """Decode one frame (without its length). Raises BadFrameError."""
    try:
        body = msgspec.json.decode(data)
        if len(data) > MAX_ITEMS and _too_many(body, iter(range(MAX_ITEMS))):
            raise BadFrameError("too many values")
        match body:
            case ["placed", dict(functions)]:
                return FunctionsLocated({str(name): _unpack_located(place) for name, place in functions.items()})
            case ["loading", str(file)]:
                return FileStarted(file)
            case ["loaded", str(file)]:
                return FileFinished(file)
            case ["done", int(index), *outcome]:
                return TaskFinished(index, _from_child(outcome))
    except (msgspec.DecodeError, ValueError, TypeError, RecursionError, UnicodeError) as error:
        raise BadFrameError(str(error)[:200]) from None
    raise BadFrameError("an unknown kind of frame")


_unpack_again = lru_cache(maxsize=4096)(unpack)
"""Many students' functions give the same: that is decoded once, and is then the same object."""


def _too_many(plain: object, room: Iterator[int]) -> bool:
    if next(room, None) is None:
        return True
    if isinstance(plain, dict | list):
        return any(_too_many(item, room) for item in (plain.values() if isinstance(plain, dict) else plain))
    return False


def _pack_located(place: Located) -> list[object]:
    return [place.file, *(outcome_to_plain(place.problem) if place.problem else [])]


def _unpack_located(plain: object) -> Located:
    match plain:
        case [str(file)]:
            return Located(file)
        case [str(file), *plain]:
            problem = _from_child(plain)
            if isinstance(problem, Missing | Refused | Raised):
                return Located(file, problem)
    raise ValueError("not a place")


def _from_child(plain: list[object]) -> Outcome:
    """An outcome that a child may report; time-outs, crashes and our own faults are decided by the parent alone."""
    outcome = outcome_from_plain(plain)
    if not isinstance(outcome, Observed | Raised | NotAttempted | Missing | Refused):
        raise ValueError("not for a child to say")
    if isinstance(outcome, Observed) and len(outcome.values) > MAX_NAMES:
        raise ValueError("too many observations")
    if isinstance(outcome, Refused) and len(outcome.reasons) > 1:
        raise ValueError("too many reasons")
    if not {reason.code for reason in _reasons(outcome)} <= FROM_CHILD:
        raise ValueError("not a reason for a child to give")
    return outcome


def _reasons(outcome: Outcome) -> tuple[Reason, ...]:
    match outcome:
        case Missing(Reason() as reason):
            return (reason,)
        case Refused(reasons):
            return reasons
    return ()


class FrameReader:
    """Cuts frames out of the bytes of a pipe as they arrive."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._total = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete now. Raises BadFrameError on sizes and kinds that no child of ours sends."""
        self._buffer += data
        self._total += len(data)
        if self._total > MAX_TOTAL:
            raise BadFrameError("too many results")
        while len(self._buffer) >= 4:
            (size,) = struct.unpack_from("<I", self._buffer)
            if size > MAX_FRAME:
                raise BadFrameError(f"a result of {size} bytes")
            if len(self._buffer) < 4 + size:
                return
            body = bytes(self._buffer[4 : 4 + size])
            del self._buffer[: 4 + size]
            yield _unpack_again(body) if size <= SMALL else unpack(body)
