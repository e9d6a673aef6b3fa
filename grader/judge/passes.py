"""Which checks each known mistake passes, kept beside the mistakes: a batch observes only what they get wrong.

`grader sync` writes the files. `grader doctor` proves with five seeds that no seed decides whether a mistake passes, so
that those which were seen to pass need not be run again with the seed of a batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from grader.declare.catalog import SOLUTIONS
from grader.judge.hint import Known
from grader.judge.journal import digest
from grader.judge.library import Library


class Passes(msgspec.Struct):
    """The file of one exercise: a hash of all it was made from; by mistake, the names of the checks that it passes."""

    made_from: str
    passes: dict[str, list[str]]


def passes_file(root: Path, exercise: str) -> Path:
    """Where the file of an exercise stands."""
    return root / SOLUTIONS / "mistakes" / f"{exercise}.json"


def make_passes(library: Library, exercise: str, known: Iterable[Known]) -> bytes:
    """What the file of an exercise should hold; `known` are the verdicts on the mistakes of its functions."""
    passes = {
        mistake: [verdict.check.name for verdict in verdicts.values() if verdict.passed]
        for of_function in known
        for mistake, verdicts in of_function.items()
    }
    made = Passes(_made_from(library, exercise), passes)
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def read_passes(library: Library, exercise: str) -> Mapping[str, frozenset[str]]:
    """By mistake, the names of checks that it need not be run on; nothing where the file is missing or stale."""
    try:
        kept = msgspec.json.decode(passes_file(library.course.root, exercise).read_bytes(), type=Passes)
    except (OSError, msgspec.DecodeError):
        return {}
    if kept.made_from != _made_from(library, exercise):
        return {}
    return {mistake: frozenset(names) for mistake, names in kept.passes.items()}


def _made_from(library: Library, exercise: str) -> str:
    return digest(*library.sources(exercise))[:16]
