"""`exercises/.autograded`: outcomes and hint levels that the learner's commands save for the next command.

The folder only saves time. Missing or damaged files are ignored, and checks run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from grader.core.atomic_files import write_atomically
from grader.core.errors import UsageError
from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.learner.progress import StoredOutcomes

FOLDER = ".autograded"
OUTCOMES, HINTS, IGNORE = "outcomes.msgpack", "hints.json", ".gitignore"


Row: TypeAlias = tuple[str, str, int, Any, dict[str, bytes]]
"""One function in the file of outcomes: name, key, line, outcomes and displays by check."""


class StateFolder:
    """The folder .autograded in a folder of exercises."""

    def __init__(self, exercises: Path) -> None:
        self._folder = exercises / FOLDER

    def load_outcomes(self) -> dict[str, StoredOutcomes]:
        """Return the saved outcomes by function; empty if there are none, or if the file is damaged."""
        try:
            rows = msgspec.msgpack.decode(
                (self._folder / OUTCOMES).read_bytes(), type=list[tuple[str, str, int, Any, dict[str, bytes]]]
            )
            return {
                function: StoredOutcomes(
                    key, line, {check: outcome_from_plain(plain) for check, plain in found.items()}, displays
                )
                for function, key, line, found, displays in rows
            }
        except (OSError, msgspec.DecodeError, ValueError, AttributeError, TypeError):
            return {}

    def save_outcomes(self, outcomes: Mapping[str, StoredOutcomes]) -> None:
        """Save the outcomes that are reproducible."""
        rows = [
            (
                function,
                stored.key,
                stored.line,
                {check: outcome_to_plain(o) for check, o in stored.outcomes.items()},
                dict(stored.displays),
            )
            for function, stored in outcomes.items()
            if stored.is_reproducible
        ]
        self._write(OUTCOMES, msgspec.msgpack.encode(rows))

    def next_hint_level(self, function: str, max_level: int) -> int:
        """Return the level of the next hint on a function: one above the last shown level, at most `max_level`."""
        return min(self._hint_levels().get(function, 0) + 1, max_level)

    def save_hint_level(self, function: str, level: int) -> None:
        """Save the level of the hint that was shown last."""
        self._write(HINTS, msgspec.json.encode(self._hint_levels() | {function: level}))

    def _hint_levels(self) -> dict[str, int]:
        try:
            return msgspec.json.decode((self._folder / HINTS).read_bytes(), type=dict[str, int])
        except (OSError, msgspec.DecodeError):
            return {}

    def _write(self, name: str, data: bytes) -> None:
        with suppress(UsageError):  # the commands also work in a read-only folder
            if not (self._folder / IGNORE).exists():
                write_atomically(self._folder / IGNORE, b"*\n")
            write_atomically(self._folder / name, data)
