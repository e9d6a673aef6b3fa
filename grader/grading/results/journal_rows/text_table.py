"""The journal's tables `texts` and `stubs`: entries, sources, pictures and displays of all verdicts, stored once each.

Theory of operation
    texts  one row per distinct text: its hash, the compressed text, and the hash of the stub that decompresses it, if
           there is one
    stubs  one row per stub of an exercise with which texts were compressed: its hash and the compressed stub
    The verdicts of a class repeat each other: most answers to a function get the same entry, and the same mistake gets
    the same pictures. So a row of `verdicts` holds only the hashes of its texts. The sources of students differ, but
    each repeats most of the exercise's stub, so zlib compresses a source with the stub as its preset dictionary.
    A text counts as damaged if its own row or the row of its stub is damaged. A verdict with a damaged text is decided
    again, and `NewTexts` stores the text again.
"""

from __future__ import annotations

import sqlite3
import zlib
from functools import lru_cache
from hashlib import blake2b

from grader.grading.results.journal_rows.row_checksum import CheckedTable, Statement

TABLES = (
    "CREATE TABLE IF NOT EXISTS texts (hash BLOB PRIMARY KEY, stub BLOB, data BLOB, checksum BLOB)",
    "CREATE TABLE IF NOT EXISTS stubs (hash BLOB PRIMARY KEY, data BLOB, checksum BLOB)",
)
TEXTS = CheckedTable("texts", ("hash", "stub", "data"))
STUBS = CheckedTable("stubs", ("hash", "data"))

HASH_BYTES = 16
COMPRESSION_LEVEL = 6
"""zlib's level for texts; with a preset dictionary, level 1 takes as long."""
MAX_TEXT_BYTES = 1 << 26
"""Maximum length of a text in the journal; a row that expands to more is damaged."""
CACHED_STUBS = 64
VERIFIED_TEXTS = 4096
"""Maximum number of hashes in memory of texts that were read and are intact, so that `has` need not read them again."""

TEXT_COLUMNS = ("entry", "source", "pictures", "displays")
"""The columns of `verdicts` that hold hashes of texts."""


class TextDamagedError(ValueError):
    """A text is missing or damaged."""


class TextTable:
    """The tables `texts` and `stubs` of a journal."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._verified: set[bytes] = set()
        self._stub = lru_cache(CACHED_STUBS)(self._read_stub)

    def prepare(self) -> None:
        """Create the tables, inside the caller's transaction."""
        for table in TABLES:
            self._db.execute(table)

    def read(self, name: bytes) -> bytes:
        """Return the text with this hash. Raises TextDamagedError."""
        found = f"SELECT data, stub FROM texts WHERE hash=? AND {TEXTS.intact}"
        data, stub = self._db.execute(found, (name,)).fetchone() or (b"", None)
        return _decompress(data, b"" if stub is None else self._stub(stub))

    def has(self, name: bytes) -> bool:
        """Return whether the text with this hash is stored and undamaged."""
        if name in self._verified:
            return True
        try:
            self.read(name)
        except TextDamagedError:
            return False
        if len(self._verified) >= VERIFIED_TEXTS:
            self._verified.clear()
        self._verified.add(name)
        return True

    def has_stub(self, name: bytes) -> bool:
        """Return whether the stub with this hash is stored and undamaged."""
        try:
            self._stub(name)
        except TextDamagedError:
            return False
        return True

    def _read_stub(self, name: bytes) -> bytes:
        found = f"SELECT data FROM stubs WHERE hash=? AND {STUBS.intact}"
        (data,) = self._db.execute(found, (name,)).fetchone() or (b"",)
        return _decompress(data)

    def delete_unused(self) -> list[Statement]:
        """Return statements that delete the texts that no verdict needs, and the stubs that no text needs."""
        self._verified.clear()
        self._stub.cache_clear()
        used = " UNION ".join(f"SELECT {column} FROM verdicts WHERE {column} IS NOT NULL" for column in TEXT_COLUMNS)
        return [
            (f"DELETE FROM texts WHERE hash NOT IN ({used})", ()),
            ("DELETE FROM stubs WHERE hash NOT IN (SELECT stub FROM texts WHERE stub IS NOT NULL)", ()),
        ]


class NewTexts:
    """The texts of one transaction: `add` returns the hash of a text, `statements` store the texts that are missing."""

    def __init__(self, table: TextTable) -> None:
        self.statements: list[Statement] = []
        self._table, self._added = table, set[bytes]()

    def add(self, text: bytes, stub: bytes = b"") -> bytes:
        """Return the hash of a text, and prepare to store the text if the table lacks it.

        If `stub` is not empty, the stub is the dictionary of the compression: the text then takes less space.
        """
        name = _hash(text)
        if name not in self._added and not self._table.has(name):
            data = _compress(text, stub)
            self.statements.append((TEXTS.insert, (name, self._add_stub(stub) if stub else None, data)))
        self._added.add(name)
        return name

    def _add_stub(self, stub: bytes) -> bytes:
        name = _hash(stub)
        if not self._table.has_stub(name):
            self.statements.append((STUBS.insert, (name, _compress(stub))))
        return name


def _hash(text: bytes) -> bytes:
    return blake2b(text, digest_size=HASH_BYTES).digest()


def _compress(text: bytes, dictionary: bytes = b"") -> bytes:
    compressor = zlib.compressobj(COMPRESSION_LEVEL, zdict=dictionary)
    return compressor.compress(text) + compressor.flush()


def _decompress(data: bytes, dictionary: bytes = b"") -> bytes:
    """Return a text. Raises TextDamagedError, also if it is longer than MAX_TEXT_BYTES."""
    try:
        decompressor = zlib.decompressobj(zdict=dictionary)
        text = decompressor.decompress(data, MAX_TEXT_BYTES)
    except (zlib.error, TypeError):
        raise TextDamagedError from None
    if not decompressor.eof:
        raise TextDamagedError
    return text
