"""Submissions and their results as bytes, for the way between machines: MessagePack, never pickle."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.core.outcomes import Located, Missing, Outcome, Raised, Refused
from grader.execution.guest.frames import SMALL, Job
from grader.execution.host.pool import JobResult


class _Parcel(msgspec.Struct, array_like=True):
    """A `JobResult` in plain data: (check, seed, outcome), (function, file, problem), seconds, output, more of them.

    Each outcome is a message of its own: what many students' functions gave alike is decoded once.
    """

    outcomes: list[tuple[str, int, bytes]]
    places: list[tuple[str, str, list[object]]]
    seconds: dict[str, float]
    output: str
    more: list[_Parcel]


def pack_job(job: Job) -> bytes:
    """A submission and its tasks, ready to travel."""
    return msgspec.msgpack.encode(job)


def unpack_job(data: bytes) -> Job:
    """The inverse of `pack_job`. Raises ValueError."""
    return msgspec.msgpack.decode(data, type=Job)


def pack_result(result: JobResult) -> bytes:
    """What became of a submission, ready to travel."""
    return msgspec.msgpack.encode(_to_parcel(result))


def unpack_result(data: bytes) -> JobResult:
    """The inverse of `pack_result`. Raises ValueError on anything else."""
    return _from_parcel(msgspec.msgpack.decode(data, type=_Parcel))


def _to_parcel(result: JobResult) -> _Parcel:
    outcomes = [
        (check, seed, msgspec.msgpack.encode(outcome_to_plain(outcome)))
        for (check, seed), outcome in result.outcomes.items()
    ]
    places = [
        (function, place.file, outcome_to_plain(place.problem) if place.problem else [])
        for function, place in result.places.items()
    ]
    return _Parcel(outcomes, places, result.seconds, result.output, [*map(_to_parcel, result.more)])


def _from_parcel(parcel: _Parcel) -> JobResult:
    return JobResult(
        {(check, seed): _outcome(data) for check, seed, data in parcel.outcomes},
        {function: _located(file, problem) for function, file, problem in parcel.places},
        parcel.seconds,
        parcel.output,
        [*map(_from_parcel, parcel.more)],
    )


def _outcome(data: bytes) -> Outcome:
    return _outcome_again(data) if len(data) <= SMALL else _decoded(data)


def _decoded(data: bytes) -> Outcome:
    return outcome_from_plain(msgspec.msgpack.decode(data, type=list[object]))


_outcome_again = lru_cache(maxsize=4096)(_decoded)


def _located(file: str, plain: list[object]) -> Located:
    problem = outcome_from_plain(plain) if plain else None
    if problem is None or isinstance(problem, Missing | Refused | Raised):
        return Located(file, problem)
    raise ValueError("not a place")
