"""Which checks each known mistake passes, kept beside the mistakes: a batch observes only what they get wrong.

`grader sync` writes the files. `grader doctor` proves with five seeds that no seed decides whether a mistake passes, so
that those which were seen to pass need not be run again with the seed of a batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from grader.core.digests import digest
from grader.declare.catalog import SOLUTIONS
from grader.judge.hint import Known

Passes: TypeAlias = Mapping[str, frozenset[str]]
"""By mistake, the names of the checks that it passes."""


class _File(msgspec.Struct):
    """The file of one exercise: a hash of all it was made from; by mistake, the names of the checks that it passes."""

    made_from: str
    passes: dict[str, list[str]]


def passes_file(root: Path, exercise: str) -> Path:
    """Where the file of an exercise stands."""
    return root / SOLUTIONS / "mistakes" / f"{exercise}.json"


def make_passes(sources: Iterable[bytes], known: Iterable[Known]) -> bytes:
    """What a file should hold: `sources` are all that it depends on, `known` the verdicts on the mistakes."""
    passes = {
        mistake: [verdict.check.name for verdict in verdicts.values() if verdict.passed]
        for of_function in known
        for mistake, verdicts in of_function.items()
    }
    return msgspec.json.format(msgspec.json.encode(_File(_hash(sources), passes)), indent=1) + b"\n"


def read_passes(file: Path, sources: Iterable[bytes]) -> Passes | None:
    """What a file says; None where it is missing, or does not belong to these sources."""
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=_File)
    except (OSError, msgspec.DecodeError):
        return None
    if kept.made_from != _hash(sources):
        return None
    return {mistake: frozenset(names) for mistake, names in kept.passes.items()}


def _hash(sources: Iterable[bytes]) -> str:
    return digest(*sources)[:16]
