"""Keys of `grader watch`: a list of characters replaces the keyboard of Windows, a pipe the terminal of Unix."""

import io
import os
import sys
from types import SimpleNamespace

import pytest

from grader.learner.watch.key_reader import key_reader


class Terminal(io.StringIO):
    """Standard input that is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def typed(monkeypatch):
    """A list of the characters that Windows will report."""
    characters = []
    keyboard = SimpleNamespace(kbhit=lambda: bool(characters), getwch=lambda: characters.pop(0))
    monkeypatch.setitem(sys.modules, "msvcrt", keyboard)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "stdin", Terminal())
    return characters


def test_the_keys_of_windows_have_the_names_of_those_of_unix(typed):
    typed += ["\xe0", "H", "\x00", "P", "J", "\r", "\x1b", "\x03", "\xe0", "K"]
    with key_reader() as read:
        found = [read() for _ in range(7)]
        assert found == [["up"], ["down"], ["j"], ["enter"], ["escape"], ["q"], [""]]
        assert read() == []


@pytest.fixture
def read_unix_keys(monkeypatch):
    """A pipe in place of the terminal: the end to write to, and the function that reads keys."""
    reading, writing = os.pipe()
    terminal = SimpleNamespace(isatty=lambda: True, fileno=lambda: reading)
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setitem(sys.modules, "termios", SimpleNamespace(tcgetattr=bool, tcsetattr=lambda *_: None, TCSADRAIN=0))
    monkeypatch.setitem(sys.modules, "tty", SimpleNamespace(setcbreak=bool))
    with key_reader() as read:
        yield os.fdopen(writing, "wb", buffering=0), read
    os.close(reading)


def test_a_byte_that_is_no_character_is_no_key_and_does_not_quit(read_unix_keys):
    terminal, read = read_unix_keys
    terminal.write("é".encode("latin-1"))
    assert read() == []
    terminal.write(b"H\x1b[A")
    assert read() == ["h", "up"]
    terminal.close()
    assert read() == ["q"]
