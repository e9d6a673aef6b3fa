"""Outcomes of one experiment: a closed set of frozen types, so that `match` needs no default branch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from grader.core.reasons import BUDGETS, Reason
from grader.core.values import Observations

MAX_LINE = 112
"""Maximum number of characters of a line of code in an outcome."""


@dataclass(frozen=True)
class SourceLine:
    """A line of a submission: its number in the file, or in a `cell` of a notebook, and its text.

    All numbers count from 1.
    """

    number: int
    text: str = ""
    column: int | None = None
    cell: int | None = None


@dataclass(frozen=True)
class Observed:
    """The experiment ran to its end and returned these observations."""

    values: Observations


@dataclass(frozen=True)
class NotAttempted:
    """The function is still the stub of the hand-out."""


@dataclass(frozen=True)
class Missing:
    """No submitted file defines the function; `reason` adds details where they are known."""

    reason: Reason | None = None


@dataclass(frozen=True)
class Raised:
    """The student's function raised an exception, or the experiment did when it used the returned value.

    `place` is the line of the student's source nearest to the error, if there is one; `returned` is the type of the
    value returned last, as in "a float".
    """

    error: str
    message: str
    place: SourceLine | None = None
    returned: str = ""


@dataclass(frozen=True)
class TimedOut:
    """The time limit of `seconds` ended the check, or another limit, which `reason` then names.

    With `unrun`, this check never ran: a limit ended an earlier check of its function, or, if there is a reason, the
    submission had used its budget.
    """

    seconds: float
    unrun: bool = False
    reason: Reason | None = None

    @property
    def is_over_budget(self) -> bool:
        """Whether the submission used a budget for all its checks, so that nothing is known about this one."""
        return self.reason is not None and self.reason.code in BUDGETS


@dataclass(frozen=True)
class Crashed:
    """The process ended before it returned a result: by a signal or by an exit.

    With `unrun`, this check never ran: an earlier check of its function ended the process.
    """

    how: Reason
    unrun: bool = False


@dataclass(frozen=True)
class Refused:
    """The sandbox stopped the function, for these `reasons`."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Unreadable:
    """Files could not be read, or several define the function: it is ungraded until a person has reviewed it."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class GraderFault:
    """The grader failed: the function is ungraded until a person has reviewed it, and never scored zero."""

    reason: Reason


Outcome: TypeAlias = (
    Observed | NotAttempted | Missing | Raised | TimedOut | Crashed | Refused | Unreadable | GraderFault
)


class Status(StrEnum):
    """The outcome of a function, as written to results.jsonl."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    MISSING = "missing"
    RAISED = "raised"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    GRADER_FAULT = "grader_fault"


WORST_FIRST = (
    Status.GRADER_FAULT,
    Status.UNREADABLE,
    Status.CRASHED,
    Status.TIMED_OUT,
    Status.REFUSED,
    Status.RAISED,
    Status.FAILED,
    Status.MISSING,
    Status.NOT_ATTEMPTED,
    Status.PASSED,
)
"""Order of precedence: the status of a function is the first status in this list that one of its checks has."""


@dataclass(frozen=True)
class Located:
    """The file of a submission that defines a function, or the problem because of which no file can run.

    `other_files` are files that also hold an answer to the function, and are not graded.
    """

    file: str = ""
    problem: Missing | Unreadable | Raised | None = None
    other_files: tuple[str, ...] = ()
