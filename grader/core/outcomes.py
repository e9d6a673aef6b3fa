"""Outcomes of an experiment: a closed set of types, so that a type checker sees when a `match` forgets one of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from grader.core.reasons import BUDGETS, Reason
from grader.core.values import Observations

MAX_LINE = 112
"""Maximum number of characters of the line of code in an outcome."""


@dataclass(frozen=True)
class SourceLine:
    """A line of a submission: its number in the file, or in a `cell` of a notebook, and its text.

    Lines, columns and cells are counted from 1.
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
    """The student's function raised an exception, or the experiment raised one when it used the returned value.

    error: class name of the exception.
    place: line of the student's source nearest to the error; None if no line of the student was running.
    returned: type of the value that the student's function returned last, such as "a float".
    """

    error: str
    message: str
    place: SourceLine | None = None
    returned: str = ""


@dataclass(frozen=True)
class TimedOut:
    """A limit ended the check: the time limit of `seconds`, or the limit that `reason` names.

    unrun: True if this check never ran, because a limit ended an earlier check of its function. With a `reason`, the
        checks that ran before used the submission's whole budget.
    """

    seconds: float
    unrun: bool = False
    reason: Reason | None = None

    @property
    def is_over_budget(self) -> bool:
        """Whether the submission used up the budget of all its checks, so that nothing is known of this check."""
        return self.reason is not None and self.reason.code in BUDGETS


@dataclass(frozen=True)
class Crashed:
    """The process ended before it returned a result. `how` says whether a signal or an exit ended it.

    unrun: True if this check never ran, because an earlier check of its function ended the process.
    """

    how: Reason
    unrun: bool = False


@dataclass(frozen=True)
class Refused:
    """The sandbox stopped the function, for these `reasons`."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Unreadable:
    """Files could not be read, or several files define the function, which is ungraded until a person reviews it."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class GraderFault:
    """The grader failed. The function is ungraded until a person reviews it, and is never scored zero."""

    reason: Reason


Outcome: TypeAlias = (
    Observed | NotAttempted | Missing | Raised | TimedOut | Crashed | Refused | Unreadable | GraderFault
)


class Status(StrEnum):
    """Outcome of a function, as results.jsonl stores it."""

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
"""Order of precedence: a function gets the first status in this list that at least one of its checks has."""


@dataclass(frozen=True)
class Located:
    """Result of the search for a function: the file of the submission to grade, or the `problem` of the search.

    other_files: files that also contain an answer to the function and are not graded.
    """

    file: str = ""
    problem: Missing | Unreadable | Raised | None = None
    other_files: tuple[str, ...] = ()
