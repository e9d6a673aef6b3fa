"""What a failed check says."""

from __future__ import annotations

from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter


class FailureText(TerminalRepr):
    """What a failed check says, in colour where there is any."""

    def __init__(self, name: str, found: str, hints: list[str], word: str) -> None:
        self.name, self.found, self.hints, self.word = name, found, hints, word

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write it."""
        tw.line(self.name, bold=True)
        for line in self.found.splitlines():
            tw.line(f"  {line}", red=True)
        for hint in self.hints:
            tw.write(f"  {self.word}", yellow=True, bold=True)
            tw.line(hint)
