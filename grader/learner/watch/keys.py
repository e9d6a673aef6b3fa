"""Keys as they are pressed, without Enter; nothing where standard input is no terminal."""

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
"""A key in what a terminal sends, and arrows come as three characters."""

WINDOWS = {"H": "up", "P": "down"}
TICK = 0.2
"""Seconds after which a reader looks whether it should end."""


@contextlib.contextmanager
def key_reader() -> Iterator[Callable[[], list[str]] | None]:
    """A function that waits a moment and names the keys that were pressed; None without a terminal."""
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
    pressed = os.read(file, 32).decode("utf-8", "ignore")
    keys = KEY.findall(pressed)
    return [NAMES.get(key, key.lower()) for key in keys] or ["q"]  # an end of input is a wish to end


def _windows_keys() -> list[str]:
    import msvcrt
    import time

    if not msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]  # there on Windows alone
        time.sleep(TICK / 4)
        return []
    pressed = msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]  # there on Windows alone
    if pressed in ("\x00", "\xe0"):
        return [WINDOWS.get(msvcrt.getwch(), "")]  # type: ignore[attr-defined,unused-ignore]  # there on Windows alone
    return [NAMES.get(pressed, pressed.lower())]
