"""`exercises/.autograded`: outcomes and hint levels that the learner's commands save for the next command.

If a file is missing or damaged, the checks run again, and the hints of a function start at the first level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from grader.core.errors import UsageError
from grader.core.files.atomic_files import write_atomically
from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.learner.progress import StoredOutcomes

FOLDER = ".autograded"
OUTCOMES, HINTS, IGNORE = "outcomes.msgpack", "hints.json", ".gitignore"

Row: TypeAlias = tuple[str, str, int, Any, dict[str, bytes]]
"""One function in the file of outcomes: its name, cache key, line, and its outcomes and displays by check."""


class ShownHint(msgspec.Struct, frozen=True):
    """The last hint that was shown on a function: its level, and the mistakes that were recognized at that time."""

    level: int
    mistakes: tuple[str, ...] = ()


class StateFolder:
    """The folder .autograded in a folder of exercises."""

    def __init__(self, exercises: Path) -> None:
        self._folder = exercises / FOLDER

    def load_outcomes(self) -> dict[str, StoredOutcomes]:
        """Return the saved outcomes by function; empty if there are none, or if the file is damaged."""
        try:
            rows = msgspec.msgpack.decode((self._folder / OUTCOMES).read_bytes(), type=list[Row])
            return {
                function: StoredOutcomes(
                    key, line, {check: outcome_from_plain(plain) for check, plain in found.items()}, displays
                )
                for function, key, line, found, displays in rows
            }
        except (OSError, msgspec.DecodeError, ValueError, AttributeError, TypeError):
            return {}

    def save_outcomes(self, outcomes: Mapping[str, StoredOutcomes]) -> None:
        """Save the outcomes that later commands may reuse."""
        rows: list[Row] = [
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

    def shown_hint(self, function: str) -> ShownHint | None:
        """Return the last hint that was shown on a function; None if none was."""
        return self._shown_hints().get(function)

    def save_hint_level(self, function: str, mistakes: Sequence[str], level: int) -> None:
        """Save the level of the last hint that was shown on a function, and the mistakes recognized at that time."""
        self._write(HINTS, msgspec.json.encode(self._shown_hints() | {function: ShownHint(level, tuple(mistakes))}))

    def _shown_hints(self) -> dict[str, ShownHint]:
        try:
            return msgspec.json.decode((self._folder / HINTS).read_bytes(), type=dict[str, ShownHint])
        except (OSError, msgspec.DecodeError):
            return {}

    def _write(self, name: str, data: bytes) -> None:
        with suppress(UsageError):  # the commands also work in a read-only folder
            if not (self._folder / IGNORE).exists():
                write_atomically(self._folder / IGNORE, b"*\n")
            write_atomically(self._folder / name, data)
