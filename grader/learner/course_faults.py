"""Exceptions that an experiment raises before it calls the learner's function: they are the course's fault."""

from __future__ import annotations

from grader.core.outcomes import GraderFault, Outcome, Raised
from grader.core.reasons import Code, Reason
from grader.execution.guest.recorded_call import CheckDisplay


def may_be_fault_of_course(outcome: Outcome) -> bool:
    """Return whether an exception has no line of the learner's files, and their function returned nothing before it."""
    return isinstance(outcome, Raised) and outcome.place is None and not outcome.returned


def blame_course(outcome: Outcome, display: CheckDisplay) -> Outcome:
    """Return a GraderFault in place of an exception raised before the function was called, else the outcome itself.

    `display` is that of the same run; it holds the first call. Use this in a self-check only: while grading, submitted
    code could make experiments fail in order to be left ungraded. There the solution runs in the same experiment.
    """
    called = display.call is not None or bool(display.errors)
    if called or not isinstance(outcome, Raised) or not may_be_fault_of_course(outcome):
        return outcome
    error = f"{outcome.error}: {outcome.message}".rstrip(": ")
    return GraderFault(Reason.of(Code.CHECK_FAILED, error=error))
