"""Outcome file: stores the outcomes of the solution and of known mistakes, so that a later run need not run them again.

Theory of operation
    The file is a cache in the results folder. Verdicts on students are never read from it: they are in the journal. The
    file holds one block for each function: the cache key of the function, a checksum, and the compressed outcomes by
    source (the solution, or the hash of a mistake's source) and by check id. The cache key
    (`verdict_cache.cache_key`) covers the solution, the experiments, the seed, the sandbox level, the limits, the
    versions and the code of the grader. A block with another cache key is ignored and replaced; a damaged file or block
    is ignored.
    An adopted mistake is code of a student, so its outcomes are not trusted. Each outcome is stored as a frame, the
    form in which a child process sends it, and is decoded by `frames.unpack`, which refuses everything that a child may
    not send. Time-outs, crashes and failures of the grader are not stored, because they may not happen again.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from grader.core.files.atomic_files import write_atomically
from grader.core.files.regular_files import read_regular
from grader.core.hashing import digest
from grader.core.outcomes import Observed, Outcome, Raised
from grader.execution.guest.frames import (
    MAX_FRAME,
    BadFrameError,
    CheckFinished,
    pack,
    unpack,
)

FILE = "mistake-outcomes.bin"
"""Name of the outcome file in a results folder."""

START = b"autograded mistake outcomes 1\n"
"""First bytes of the outcome file. The number at the end is the version of the format."""

MAX_FILE = 3 << 20
"""Maximum size of the outcome file, in bytes. If all blocks together are larger, the largest blocks are left out."""

MAX_BLOCK = 64 << 20
"""Maximum size of the outcomes of one function before compression, in bytes."""

SOLUTION = "solution"
"""Key of the solution's outcomes. No hash is needed, because the cache key of a block covers the solution."""

Outcomes: TypeAlias = Mapping[str, Mapping[str, Outcome]]
"""SOLUTION or hash of a mistake's source -> check id -> outcome."""


class Block(msgspec.Struct, frozen=True, array_like=True):
    """Part of an outcome file for one function: cache key, checksum of key and data, and the compressed outcomes."""

    key: str
    checksum: str
    data: bytes


class OutcomeFile:
    """The outcomes of solutions and mistakes in one results folder.

    keys: function -> its cache key (`results.verdict_cache.cache_key.exercise_keys`), for each graded function.
    fresh: True to ignore the outcomes that the file already holds; `save` replaces them.
    """

    def __init__(self, folder: Path, keys: Mapping[str, str], fresh: bool = False) -> None:
        self._path, self._keys = folder / FILE, keys
        self._blocks = {} if fresh else _read_blocks(self._path)

    def load(self, function: str) -> Outcomes:
        """Return the stored outcomes of a function; empty if their cache key is of another run."""
        return self._load(function)

    def load_solution(self, function: str) -> Mapping[str, Outcome]:
        """Return the stored outcomes of the solution on the checks of a function, by check id, like `load`."""
        return self._load(function, SOLUTION).get(SOLUTION, {})

    def _load(self, function: str, only: str = "") -> Outcomes:
        block, key = self._blocks.get(function), self._keys.get(function)
        if block is None or block.key != key or block.checksum != digest(block.key, block.data):
            return {}
        try:
            unpacker = zlib.decompressobj()
            data = unpacker.decompress(block.data, MAX_BLOCK)
            if not unpacker.eof:
                return {}
            frames = msgspec.msgpack.decode(data, type=dict[str, dict[str, bytes]])
            wanted = {source: of for source, of in frames.items() if only in ("", source)}
            return {source: {c: _decode(frame) for c, frame in of.items()} for source, of in wanted.items()}
        except (zlib.error, ValueError, RecursionError, msgspec.DecodeError, BadFrameError):
            return {}

    def save(self, observed: Mapping[str, Outcomes]) -> None:
        """Add outcomes, and write the file. Raises UsageError if the file cannot be written.

        `observed` maps each function to its outcomes. The file is not flushed to the disk (fsync), so a loss of power
        may damage it. If the file is damaged, the solution and the mistakes run again.
        """
        new = {function: outcomes for function, outcomes in observed.items() if function in self._keys}
        if not new:
            return
        for function, outcomes in new.items():
            stored = self.load(function)
            merged = {s: {**stored.get(s, {}), **outcomes.get(s, {})} for s in {**stored, **outcomes}}
            self._blocks[function] = _make_block(self._keys[function], merged)
        content = START + msgspec.msgpack.encode(_within_limit(self._blocks))
        write_atomically(self._path, content, sync=False)


def remove_outcome_file(folder: Path) -> bool:
    """Remove the outcome file from a results folder; return whether it existed."""
    path = folder / FILE
    exists = path.exists()
    path.unlink(missing_ok=True)
    return exists


def is_storable(outcome: Outcome) -> bool:
    """Return whether an outcome may be stored: observations and exceptions are the same in another run."""
    return isinstance(outcome, Observed | Raised)


def _read_blocks(path: Path) -> dict[str, Block]:
    """Return the `Block` of each function in an outcome file; empty if the file is missing, damaged or too large."""
    try:
        if path.stat().st_size > MAX_FILE:
            return {}
        content = read_regular(path)
        if not content.startswith(START):
            return {}
        return msgspec.msgpack.decode(content[len(START) :], type=dict[str, Block])
    except (OSError, ValueError, RecursionError, msgspec.DecodeError):
        return {}


def _make_block(key: str, outcomes: Outcomes) -> Block:
    # Sort, so that equal outcomes give equal bytes: the order in which mistakes are observed depends on the class.
    frames = {
        source: {check: _encode(outcome) for check, outcome in sorted(of.items()) if is_storable(outcome)}
        for source, of in sorted(outcomes.items())
    }
    data = zlib.compress(msgspec.msgpack.encode(frames))
    return Block(key, digest(key, data), data)


def _within_limit(blocks: Mapping[str, Block]) -> dict[str, Block]:
    """Return the smallest blocks of functions, as many as fit into an outcome file of MAX_FILE bytes, by function."""
    chosen, room = dict[str, Block](), MAX_FILE - len(START) - 1024
    for function, block in sorted(blocks.items(), key=lambda item: len(item[1].data)):
        room -= len(block.data) + len(function) + len(block.key) + len(block.checksum) + 16
        if room < 0:
            break
        chosen[function] = block
    return dict(sorted(chosen.items()))


def _encode(outcome: Outcome) -> bytes:
    return pack(CheckFinished(0, outcome))[4:]


def _decode(frame: bytes) -> Outcome:
    if len(frame) > MAX_FRAME:
        raise BadFrameError("a result of too many bytes")
    match unpack(frame):
        case CheckFinished(0, outcome) if is_storable(outcome):
            return outcome
    raise BadFrameError("not an outcome")
