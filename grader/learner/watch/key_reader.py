"""Read single keys from the terminal, without waiting for Enter."""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
from collections.abc import Callable, Iterator

ARROWS = {"\x1b[A": "up", "\x1b[B": "down", "\x1bOA": "up", "\x1bOB": "down"}
NAMES = ARROWS | {"\r": "enter", "\n": "enter", "\x1b": "escape", "k": "up", "j": "down", "\x03": "q", "\x04": "q"}
KEY = re.compile(r"\x1b[\[O].|.", re.DOTALL)
"""One key in the input of a terminal; an arrow key is three characters."""

WINDOWS = {"H": "up", "P": "down"}
TICK = 0.2
"""Seconds that a reader waits for a key. After these seconds, the reader returns without a key, so that the thread that
reads keys can stop."""


@contextlib.contextmanager
def key_reader() -> Iterator[Callable[[], list[str]] | None]:
    """Yield a function that waits up to TICK seconds and returns the pressed keys; None if there is no terminal."""
    if not sys.stdin or not sys.stdin.isatty():
        yield None
    elif sys.platform == "win32":
        yield _windows_keys
    else:
        import termios
        import tty

        file = sys.stdin.fileno()
        before = termios.tcgetattr(file)
        try:
            tty.setcbreak(file)
            yield lambda: _unix_keys(file)
        finally:
            termios.tcsetattr(file, termios.TCSADRAIN, before)


def _unix_keys(file: int) -> list[str]:
    ready, _, _ = select.select([file], [], [], TICK)
    if not ready:
        return []
    pressed = os.read(file, 32)
    if not pressed:
        return ["q"]  # the end of the input quits, too: no further key can arrive
    return [NAMES.get(key, key.lower()) for key in KEY.findall(pressed.decode("utf-8", "ignore"))]


def _windows_keys() -> list[str]:
    import msvcrt
    import time

    if not msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]  # exists on Windows only
        time.sleep(TICK / 4)
        return []
    pressed = msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]  # exists on Windows only
    if pressed in ("\x00", "\xe0"):
        return [WINDOWS.get(msvcrt.getwch(), "")]  # type: ignore[attr-defined,unused-ignore]  # exists on Windows only
    return [NAMES.get(pressed, pressed.lower())]
