"""Consoles that lack characters: everything is printed, with substitutes that can be told apart."""

import io
from contextlib import redirect_stdout

import pytest

from grader.core.console_text import printable, substitute_missing_characters
from grader.learner.card.show import show_card
from grader.learner.check_script import script_runtime

TEXT = "✓ ✗ 80 % ██░ 平均 …"
SHOWN = {"cp1252": "+ x 80 % ##. ?? …", "ascii": "+ x 80 % ##. ?? ...", "gbk": "+ x 80 % ██. 平均 …"}
"""The text as consoles of these encodings show it."""

pytestmark = pytest.mark.parametrize("encoding", SHOWN)


def printed(encoding, action):
    """Return what an action writes to a standard output of this encoding."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict", write_through=True)
    with redirect_stdout(stream):
        action()
    return stream.buffer.getvalue().decode(encoding)


def test_passed_and_failed_differ_and_what_a_console_has_stays(encoding):
    def write():
        assert printable(TEXT) == SHOWN[encoding]
        substitute_missing_characters()
        print(TEXT, end="")  # noqa: T201

    assert printed(encoding, write) == SHOWN[encoding]


def test_a_card_is_printed_on_every_console(encoding):
    assert "?" in printed(encoding, lambda: show_card(["nothing of this name"], "zh", 1.0)) or encoding == "gbk"


def test_a_script_of_a_check_reports_on_every_console(encoding, monkeypatch):
    monkeypatch.setattr(script_runtime, "RETURNED", "返回 {value}，期望 {expected}")
    said = printed(encoding, lambda: script_runtime.report({"a": 1.0}, {"a": 2.0}, 0.0, 0.0, {}))
    assert said.startswith("a: ") and "1" in said and "2" in said
