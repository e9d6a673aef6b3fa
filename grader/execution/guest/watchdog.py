"""Watchdog that ends an endless call of student code in the current process, when no sandbox is used.

Learners check their own files: the time limit protects them from their own endless loops, not from an attack. Where
signals are unavailable (on Windows, or outside the main thread), a timer thread raises the exception. Python then
interrupts the student code at its next instruction.
"""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ALARM_INTERVAL = 0.5
"""Seconds between two alarms. Code that catches every exception must be interrupted several times."""


class OutOfTimeError(BaseException):
    """Raised inside student code at the end of its time limit; `except Exception` does not catch it."""

    seconds = 0.0


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError inside the block when it takes longer than `seconds`."""
    error = type("OutOfTimeError", (OutOfTimeError,), {"seconds": seconds})
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        yield from _alarm(seconds, error)
    else:
        yield from _timer(seconds, error)


def _alarm(seconds: float, error: type[OutOfTimeError]) -> Iterator[None]:
    finished = False

    def handler(number: int, frame: object) -> None:
        if not finished:
            raise error

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds, ALARM_INTERVAL)
    try:
        try:
            yield
        finally:
            finished = True  # the handler ignores an alarm that comes before the outer `finally` disarms the timer
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _timer(seconds: float, error: type[OutOfTimeError]) -> Iterator[None]:
    thread, done = threading.get_ident(), threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))
            wait = ALARM_INTERVAL

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()
