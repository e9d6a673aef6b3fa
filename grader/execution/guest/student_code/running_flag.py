"""Whether student code is being run right now.

A notebook is handed in with its `check(f)` cells left in. Where its code is run to be judged, they must do nothing:
no second check inside the first, no time lost, no import of what a sandbox does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_RUNNING: ContextVar[bool] = ContextVar("student code is being run", default=False)


@contextmanager
def student_code() -> Iterator[None]:
    """Mark a block as the one that runs student code."""
    token = _RUNNING.set(True)
    try:
        yield
    finally:
        _RUNNING.reset(token)


def is_running() -> bool:
    """Whether we were called by student code that is being judged."""
    return _RUNNING.get()


@dataclass(frozen=True)
class Unchecked:
    """What `check(f)` gives where a file is run to be judged: nothing was found wrong, since nothing was looked at."""

    passed: bool = True
    points: float = 0.0
    max_points: float = 0.0
