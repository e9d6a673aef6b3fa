"""The journal's tables `verdicts` and `sources`: their columns, and the condition that a verdict is undamaged."""

from __future__ import annotations

import msgspec

from grader.core.outcome_encoding import reason_from_plain, reason_to_plain
from grader.core.reasons import Reason
from grader.grading.results.journal_rows.row_checksum import CheckedTable
from grader.grading.verdicts.entry import JournalEntry

VERDICTS_TABLE = (
    "CREATE TABLE IF NOT EXISTS verdicts (student TEXT, function TEXT, key TEXT, entry BLOB, file TEXT, seconds REAL,"
    " run TEXT, reproducible INTEGER, source TEXT, pictures BLOB, displays BLOB, remark TEXT, checksum BLOB,"
    " PRIMARY KEY (student, function, key)) WITHOUT ROWID"
)
SOURCES_TABLE = "CREATE TABLE IF NOT EXISTS sources (hash TEXT PRIMARY KEY, text BLOB, checksum BLOB)"
IDENTITY = ("student", "function", "key")
DECISION = ("entry", "file", "seconds", "run", "reproducible")
ATTACHED = ("source", "pictures", "displays", "remark")
VERDICTS = CheckedTable("verdicts", (*IDENTITY, *DECISION, *ATTACHED))
SOURCES = CheckedTable("sources", ("hash", "text"))
INTACT_VERDICT = (
    f"({VERDICTS.intact} AND"
    f" (source IS NULL OR EXISTS (SELECT 1 FROM sources WHERE sources.hash = verdicts.source AND {SOURCES.intact})))"
)
"""SQL condition that a verdict and its source text are undamaged."""
HAS_SOURCE = f"SELECT 1 FROM sources WHERE hash=? AND {SOURCES.intact}"
"""Query that finds a row if the text with this hash is stored and undamaged."""


def verdict_values(
    student: str, key: str, entry: JournalEntry, run: str, reproducible: bool, source: str | None
) -> tuple[object, ...]:
    """Return the values of a verdict's row, for `VERDICTS.insert`. `source` is the hash of the text of its file."""
    pictures, displays = entry.attachments.pictures, entry.attachments.displays
    return (
        *(student, entry.result.function, key),
        *(msgspec.json.encode(entry.result), entry.file, entry.seconds, run, reproducible, source),
        *(msgspec.json.encode(shown) if shown else None for shown in (pictures, displays)),
        msgspec.json.encode(reason_to_plain(entry.remark)).decode() if entry.remark else None,
    )


def decode_remark(remark: object) -> Reason | None:
    """Return a remark on the encoding of a file. Raises ValueError or TypeError if the column holds anything else."""
    return None if remark is None else reason_from_plain(msgspec.json.decode(str(remark)))
