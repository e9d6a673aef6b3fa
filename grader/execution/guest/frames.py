"""Frames: the results that a child process in the sandbox writes. Plain data of limited size.

A frame is a 4-byte length, followed by JSON. The child is not trusted: `FrameReader` limits the size of the frames, and
`decode` raises `BadFrameError` for everything but the known kinds of frames. Decoding a frame never runs code.
Frames are JSON rather than MessagePack, because the keys of JSON are always texts. MessagePack also allows numbers as
keys: a hostile child could choose thousands of numbers with equal hashes, and a dict with such keys takes minutes to
build.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from grader.core.byte_cache import ByteCache
from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.core.outcomes import Located, Missing, NotAttempted, Observed, Outcome, Raised, Refused, Unreadable
from grader.core.reasons import Code, Reason
from grader.core.source_encoding import ENCODINGS
from grader.execution.guest.call_recording.recorded_call import MAX_DISPLAY
from grader.execution.guest.job import MAX_TOTAL

MAX_FRAME = 1 << 20
"""Maximum size of one frame, in bytes. This size is ample: an experiment observes only a few numbers."""

MAX_ITEMS = 200_000
"""Maximum number of values in one frame: no time limit covers the parent's work of decoding them."""

VALUE_BYTES = 64
"""Approximate memory, in bytes, of one decoded value that is neither a long text nor an array."""

LARGE = 32 << 10
"""A decoded frame that takes more than this many bytes of memory is not stored, but decoded each time it is needed."""

CACHE_LIMIT = 16 << 20
"""Maximum memory, in bytes, of the cache of decoded frames. The cache saves time, because many functions return equal
values."""

MAX_OTHER_FILES = 20
"""Maximum number of other files of a submission that a child may name because they also define a function."""

MAX_NAMES = 1000
"""Maximum number of observations of one experiment."""

FROM_CHILD = frozenset(
    {
        Code.NOT_DEFINED,
        Code.SEVERAL_FILES,
        Code.NO_FUNCTION_LEFT,
        Code.UTF16,
        Code.NULL_BYTES,
        Code.UNDECODABLE,
        Code.CODING_LINE,
        Code.BAD_NOTEBOOK,
        Code.UNAVAILABLE,
    }
)
"""The reasons that a child may send. All other reasons come from the parent only."""


class BadFrameError(Exception):
    """The bytes are not a valid frame, or exceed a limit. `reason` is the reason to record for the submission."""

    def __init__(self, fault: str, reason: Reason | None = None) -> None:
        super().__init__(fault)
        self.reason = reason or Reason.of(Code.BAD_RESULTS, fault=fault)


@dataclass(frozen=True)
class FunctionsLocated:
    """First frame of a job: the location of each function, and the encoding of each file that is not UTF-8.

    The encodings are keys of `core.source_encoding.ENCODINGS`.
    """

    functions: Mapping[str, Located]
    encodings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileStarted:
    """The child starts to run a file."""

    file: str


@dataclass(frozen=True)
class FileFinished:
    """The child has run the file, with or without an error."""

    file: str


@dataclass(frozen=True)
class CheckFinished:
    """The child has run the check at `index` of the job's requests, with this outcome."""

    index: int
    outcome: Outcome


@dataclass(frozen=True)
class CheckDisplayed:
    """The display of the check at `index`, sent after its outcome and encoded by `recorded_call`."""

    index: int
    display: bytes


Frame = FunctionsLocated | FileStarted | FileFinished | CheckFinished | CheckDisplayed


class FrameSize(msgspec.Struct, frozen=True):
    """Size of one frame, or of several: its length in bytes, and an upper limit of the values that it holds."""

    length: int
    values: int

    @classmethod
    def of(cls, body: bytes) -> FrameSize:
        """Return the size of a frame without decoding it: count the places where a value of a list or dict starts."""
        return cls(len(body), 1 + body.count(b",") + body.count(b"[") + body.count(b"{"))

    @property
    def memory(self) -> int:
        """Approximate memory, in bytes, of the decoded frame."""
        return self.length + VALUE_BYTES * self.values

    @property
    def is_large(self) -> bool:
        """Whether the decoded frame takes too much memory to be stored."""
        return self.memory > LARGE


def pack(frame: Frame) -> bytes:
    """Encode a frame: 4 bytes of length, little endian, then JSON."""
    match frame:
        case FunctionsLocated(functions, encodings):
            located = {name: _pack_located(place) for name, place in functions.items()}
            body: list[object] = ["placed", located, dict(encodings)]
        case FileStarted(file):
            body = ["loading", file]
        case FileFinished(file):
            body = ["loaded", file]
        case CheckFinished(index, outcome):
            body = ["done", index, *outcome_to_plain(outcome)]
        case CheckDisplayed(index, display):
            body = ["shown", index, display.decode()]
    data = msgspec.json.encode(body)
    return struct.pack("<I", len(data)) + data


def unpack(data: bytes) -> Frame:
    """Decode one frame (without its length). Raises BadFrameError."""
    try:
        if len(data) > MAX_ITEMS and FrameSize.of(data).values > MAX_ITEMS:
            raise BadFrameError("too many values", Reason.of(Code.MANY_VALUES, limit=MAX_ITEMS))
        match msgspec.json.decode(data):
            case ["placed", dict(functions), dict(encodings)]:
                if not {*encodings.values()} <= ENCODINGS.keys():
                    raise BadFrameError("an unknown encoding")
                located = {str(name): _unpack_located(place) for name, place in functions.items()}
                return FunctionsLocated(located, encodings)
            case ["loading", str(file)]:
                return FileStarted(file)
            case ["loaded", str(file)]:
                return FileFinished(file)
            case ["done", int(index), *outcome]:
                return CheckFinished(index, _from_child(outcome))
            case ["shown", int(index), str(display)]:
                return CheckDisplayed(index, display.encode()[: MAX_DISPLAY + 1])
    except (msgspec.DecodeError, ValueError, TypeError, RecursionError, UnicodeError) as error:
        raise BadFrameError(str(error)[:200]) from None
    raise BadFrameError("an unknown kind of frame")


_DECODED: ByteCache[bytes, Frame] = ByteCache(CACHE_LIMIT)


def decode(body: bytes, size: FrameSize) -> Frame:
    """Return the decoded frame. Small frames are cached: equal bytes give the same object. Raises BadFrameError."""
    if size.is_large:
        return unpack(body)
    return _DECODED.get(body) or _DECODED.put(body, unpack(body), size.memory)


def _pack_located(place: Located) -> list[object]:
    if place.other_files:
        return [place.file, list(place.other_files[:MAX_OTHER_FILES])]
    return [place.file, *(outcome_to_plain(place.problem) if place.problem else [])]


def _unpack_located(plain: object) -> Located:
    match plain:
        case [str(file)]:
            return Located(file)
        case [str(file), list(others)] if len(others) <= MAX_OTHER_FILES and all(type(one) is str for one in others):
            return Located(file, other_files=tuple(others))
        case [str(file), *plain]:
            problem = _from_child(plain)
            if isinstance(problem, Missing | Unreadable | Raised):
                return Located(file, problem)
    raise ValueError("not a place")


def _from_child(plain: list[object]) -> Outcome:
    """Decode an outcome. Raises ValueError for one that only the parent may decide: time-out, crash, grader fault."""
    outcome = outcome_from_plain(plain)
    if not isinstance(outcome, Observed | Raised | NotAttempted | Missing | Refused | Unreadable):
        raise ValueError("a child may not send this outcome")
    if isinstance(outcome, Observed) and len(outcome.values) > MAX_NAMES:
        raise ValueError("too many observations")
    if isinstance(outcome, Refused | Unreadable) and len(outcome.reasons) > 1:
        raise ValueError("too many reasons")
    if not {reason.code for reason in _reasons(outcome)} <= FROM_CHILD:
        raise ValueError("a child may not send this reason")
    return outcome


def _reasons(outcome: Outcome) -> tuple[Reason, ...]:
    match outcome:
        case Missing(Reason() as reason):
            return (reason,)
        case Refused(reasons) | Unreadable(reasons):
            return reasons
    return ()


class FrameReader:
    """Splits the bytes of a pipe into encoded frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._total = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add bytes, and yield each complete frame, still encoded. Raises BadFrameError if a frame is too large."""
        self._buffer += data
        self._total += len(data)
        if self._total > MAX_TOTAL:
            raise BadFrameError("too many results", Reason.of(Code.LARGE_RESULTS, mib=MAX_TOTAL >> 20))
        while len(self._buffer) >= 4:
            (size,) = struct.unpack_from("<I", self._buffer)
            if size > MAX_FRAME:
                raise BadFrameError(f"a result of {size} bytes", Reason.of(Code.LARGE_RESULT, mib=MAX_FRAME >> 20))
            if len(self._buffer) < 4 + size:
                return
            body = bytes(self._buffer[4 : 4 + size])
            del self._buffer[: 4 + size]
            yield body
