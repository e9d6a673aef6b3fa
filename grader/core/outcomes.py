"""What became of one experiment: a closed set of frozen types, matched without a default branch."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from grader.core.reasons import Reason
from grader.core.values import Observations

MAX_LINE = 112
"""Characters of a line of code that are kept with an error, at most."""


@dataclass(frozen=True)
class SourceLine:
    """A line of a submission: its number in the file, or in a `cell` of a notebook, and its text."""

    number: int
    text: str = ""
    column: int | None = None
    cell: int | None = None


@dataclass(frozen=True)
class Observed:
    """The experiment ran to its end."""

    values: Observations


@dataclass(frozen=True)
class NotAttempted:
    """The function is still the stub it was handed out as."""


@dataclass(frozen=True)
class Missing:
    """No submitted file defines the function; `reason` says what was found instead, if anything."""

    reason: Reason | None = None


@dataclass(frozen=True)
class Raised:
    """The student's function, or the use of what it returned, raised.

    `place` is the line of the student's source nearest to the error, if there is one.
    """

    error: str
    message: str
    place: SourceLine | None = None
    returned: str = ""


@dataclass(frozen=True)
class TimedOut:
    """No answer within `seconds`. `unrun` when an earlier time-out of the same function stands for it."""

    seconds: float
    unrun: bool = False


@dataclass(frozen=True)
class Crashed:
    """The process ended without an answer: by a signal, or by leaving on its own."""

    how: Reason
    unrun: bool = False


@dataclass(frozen=True)
class Refused:
    """Not run, or stopped, for one or more `reasons`; with `review` a person must decide what it is worth."""

    reasons: tuple[Reason, ...]
    review: bool = False


@dataclass(frozen=True)
class GraderFault:
    """Our fault, never the student's: no score until a human has looked."""

    reason: Reason


Outcome: TypeAlias = Observed | NotAttempted | Missing | Raised | TimedOut | Crashed | Refused | GraderFault


class Status(StrEnum):
    """The outcome of a whole function, as results.jsonl names it."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    MISSING = "missing"
    RAISED = "raised"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    REFUSED = "refused"
    GRADER_FAULT = "grader_fault"


WORST_FIRST = (
    Status.GRADER_FAULT,
    Status.CRASHED,
    Status.TIMED_OUT,
    Status.REFUSED,
    Status.RAISED,
    Status.FAILED,
    Status.MISSING,
    Status.NOT_ATTEMPTED,
    Status.PASSED,
)
"""A function's status is the first of these that any of its checks has."""


@dataclass(frozen=True)
class Located:
    """Where a submission defines a function: the file, or why none can be used."""

    file: str = ""
    problem: Missing | Refused | Raised | None = None
    notes: tuple[str, ...] = field(default=())
