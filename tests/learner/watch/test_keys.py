"""Keys of `grader watch` on Windows: `msvcrt` of Windows is replaced by a keyboard that types a list."""

import io
import sys
from types import SimpleNamespace

import pytest

from grader.learner.watch.keys import key_reader


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
