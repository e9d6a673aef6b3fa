"""End an endless loop in the self-check, where student code runs in our own process.

A learner checks her own file: this guards against accidents, not against intent. Where signals cannot be used (Windows,
or not the main thread) the exception is raised from a timer thread at the next Python instruction.
"""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

AGAIN = 0.5
"""Seconds until the alarm rings again: code that swallows every exception is asked more than once."""


class OutOfTimeError(BaseException):
    """Raised inside student code when its time is up; no `except Exception` catches it."""

    seconds = 0.0


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError inside the block when it takes longer than `seconds`."""
    ring = type("OutOfTimeError", (OutOfTimeError,), {"seconds": seconds})
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        yield from _alarm(seconds, ring)
    else:
        yield from _timer(seconds, ring)


def _alarm(seconds: float, ring: type[OutOfTimeError]) -> Iterator[None]:
    over = False

    def handler(number: int, frame: object) -> None:
        if not over:
            raise ring

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        try:
            yield
        finally:
            over = True  # an alarm that rings just here still finds the outer block, which disarms it
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _timer(seconds: float, ring: type[OutOfTimeError]) -> Iterator[None]:
    thread, done = threading.get_ident(), threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(ring))
            wait = AGAIN

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()
