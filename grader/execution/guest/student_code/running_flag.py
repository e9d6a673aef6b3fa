"""Flag that says whether student code is being graded in this process.

Submitted notebooks contain cells with `check(f)`. While a submission is graded, `check` must do nothing: a nested check
would take time, and import modules that the sandbox does not contain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_RUNNING: ContextVar[bool] = ContextVar("student code is being run", default=False)


@contextmanager
def mark_student_code() -> Iterator[None]:
    """Set the flag while the block runs student code."""
    token = _RUNNING.set(True)
    try:
        yield
    finally:
        _RUNNING.reset(token)


def is_student_code_running() -> bool:
    """Return whether the caller is student code that is being graded."""
    return _RUNNING.get()


@dataclass(frozen=True)
class SkippedCheck:
    """The result of `check(f)` while a submission is graded: the call is skipped and finds nothing wrong."""

    passed: bool = True
    points: float = 0.0
    max_points: float = 0.0
