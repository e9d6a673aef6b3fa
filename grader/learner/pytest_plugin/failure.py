"""Text of a failed check in pytest's report."""

from __future__ import annotations

from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter


class FailureText(TerminalRepr):
    """Text of a failed check, in color if the terminal has colors; `hint_label` precedes each hint."""

    def __init__(self, name: str, found: str, hints: list[str], hint_label: str) -> None:
        self.name, self.found, self.hints, self.hint_label = name, found, hints, hint_label

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write the text to pytest's terminal writer."""
        tw.line(self.name, bold=True)
        for line in self.found.splitlines():
            tw.line(f"  {line}", red=True)
        for hint in self.hints:
            tw.write(f"  {self.hint_label}", yellow=True, bold=True)
            tw.line(hint)
