"""Encoding of the jobs that are sent to Dask workers, and of their results: MessagePack, never pickle."""

from __future__ import annotations

import msgspec

from grader.core.byte_cache import ByteCache
from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.core.outcomes import Located, Missing, Outcome, Raised, Unreadable
from grader.core.source_encoding import ENCODINGS
from grader.execution.guest.frames import CACHE_LIMIT
from grader.execution.guest.job import Job
from grader.execution.host.job_run import JobResult


class _PackedResult(msgspec.Struct, array_like=True):
    """A `JobResult` as plain data. A mapping by (check, seed) becomes a list of (check, seed, encoded value).

    Each outcome is encoded separately, so that equal outcomes of many students are decoded only once.
    """

    outcomes: list[tuple[str, int, bytes]]
    places: list[tuple[str, str, list[object], tuple[str, ...]]]
    seconds: dict[str, float]
    output: str
    more: list[_PackedResult]
    displays: list[tuple[str, int, bytes]] = []
    encodings: dict[str, str] = {}
    seconds_used: float = 0.0
    is_over_budget: bool = False
    large: list[tuple[str, int, bytes]] = []
    memory: int = 0


def pack_job(job: Job) -> bytes:
    """Return a job as MessagePack; `unpack_job` is the inverse."""
    return msgspec.msgpack.encode(job)


def unpack_job(data: bytes) -> Job:
    """Return the job that `pack_job` encoded. Raises ValueError if the data is not an encoded job."""
    return msgspec.msgpack.decode(data, type=Job)


def pack_result(result: JobResult) -> bytes:
    """Return a result as MessagePack; `unpack_result` is the inverse."""
    return msgspec.msgpack.encode(_to_packed(result))


def unpack_result(data: bytes) -> JobResult:
    """Return the result that `pack_result` encoded. Raises ValueError if the data is not an encoded result."""
    return _from_packed(msgspec.msgpack.decode(data, type=_PackedResult))


def _to_packed(result: JobResult) -> _PackedResult:
    outcomes = [
        (check, seed, msgspec.msgpack.encode(outcome_to_plain(outcome)))
        for (check, seed), outcome in result.outcomes.items()
    ]
    places = [
        (function, place.file, outcome_to_plain(place.problem) if place.problem else [], place.other_files)
        for function, place in result.places.items()
    ]
    displays = [(check, seed, display) for (check, seed), display in result.displays.items()]
    more, use = [*map(_to_packed, result.more)], (result.seconds_used, result.is_over_budget)
    large = [(check, seed, frame) for (check, seed), frame in result.large.items()]
    parts = (outcomes, places, result.seconds, result.output, more, displays, result.encodings)
    return _PackedResult(*parts, *use, large, result.memory)


def _from_packed(packed: _PackedResult) -> JobResult:
    return JobResult(
        {(check, seed): _outcome(data) for check, seed, data in packed.outcomes},
        {function: _located(file, problem, others) for function, file, problem, others in packed.places},
        packed.seconds,
        packed.output,
        {(check, seed): display for check, seed, display in packed.displays},
        [*map(_from_packed, packed.more)],
        _checked_encodings(packed.encodings),
        packed.seconds_used,
        packed.is_over_budget,
        {(check, seed): frame for check, seed, frame in packed.large},
        packed.memory,
    )


def _checked_encodings(encodings: dict[str, str]) -> dict[str, str]:
    if not {*encodings.values()} <= ENCODINGS.keys():
        raise ValueError("an unknown encoding")
    return encodings


_DECODED: ByteCache[bytes, Outcome] = ByteCache(CACHE_LIMIT)
DECODED_TIMES = 32
"""Maximum memory of a decoded outcome, as a multiple of its encoded size. A small integer takes 1 byte in MessagePack,
and 8 bytes or more in memory."""


def _outcome(data: bytes) -> Outcome:
    return _DECODED.get(data) or _DECODED.put(data, _decode(data), DECODED_TIMES * len(data))


def _decode(data: bytes) -> Outcome:
    return outcome_from_plain(msgspec.msgpack.decode(data, type=list[object]))


def _located(file: str, plain: list[object], other_files: tuple[str, ...]) -> Located:
    problem = outcome_from_plain(plain) if plain else None
    if problem is None or isinstance(problem, Missing | Unreadable | Raised):
        return Located(file, problem, other_files)
    raise ValueError("not a location")
