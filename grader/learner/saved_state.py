"""What the self-check remembers between commands, in exercises/.autograded: outcomes by fingerprint, hints given.

It saves time and nothing else: what is lost, damaged or cannot be written is made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from grader.core.atomic_files import write_atomically
from grader.core.errors import UsageError
from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.learner.progress import Kept

FOLDER = ".autograded"
OUTCOMES, HINTS, IGNORE = "outcomes.msgpack", "hints.json", ".gitignore"


class Memory:
    """The memory of one folder of exercises."""

    def __init__(self, exercises: Path) -> None:
        self._folder = exercises / FOLDER

    def outcomes(self) -> dict[str, Kept]:
        """The outcomes that were kept, by function."""
        try:
            rows = msgspec.msgpack.decode((self._folder / OUTCOMES).read_bytes(), type=list[tuple[str, str, int, Any]])
            return {
                function: Kept(key, line, {check: outcome_from_plain(plain) for check, plain in found.items()})
                for function, key, line, found in rows
            }
        except (OSError, msgspec.DecodeError, ValueError, AttributeError, TypeError):
            return {}

    def keep(self, outcomes: Mapping[str, Kept]) -> None:
        """Keep the outcomes that will be the same on another day."""
        rows = [
            (function, kept.key, kept.line, {check: outcome_to_plain(o) for check, o in kept.outcomes.items()})
            for function, kept in outcomes.items()
            if kept.lasting
        ]
        self._write(OUTCOMES, msgspec.msgpack.encode(rows))

    def next_level(self, function: str, most: int) -> int:
        """The level of the next hint on a function: one more than the last, and never more than `most`."""
        return min(self._levels().get(function, 0) + 1, most)

    def gave(self, function: str, level: int) -> None:
        """Remember that a hint was given."""
        self._write(HINTS, msgspec.json.encode(self._levels() | {function: level}))

    def _levels(self) -> dict[str, int]:
        try:
            return msgspec.json.decode((self._folder / HINTS).read_bytes(), type=dict[str, int])
        except (OSError, msgspec.DecodeError):
            return {}

    def _write(self, name: str, data: bytes) -> None:
        with suppress(UsageError):  # a folder that cannot be written is no reason to stop
            if not (self._folder / IGNORE).exists():
                write_atomically(self._folder / IGNORE, b"*\n")
            write_atomically(self._folder / name, data)
