"""The journal's table `verdicts`: one row per verdict, with the hashes of its texts (`journal_rows.text_table`)."""

from __future__ import annotations

import msgspec

from grader.core.outcome_encoding import reason_from_plain, reason_to_plain
from grader.core.reasons import Reason
from grader.grading.results.journal_rows.row_checksum import CheckedTable
from grader.grading.results.journal_rows.text_table import NewTexts
from grader.grading.verdicts.entry import JournalEntry

VERDICTS_TABLE = (
    "CREATE TABLE IF NOT EXISTS verdicts (student TEXT, function TEXT, key BLOB, entry BLOB, file TEXT, seconds REAL,"
    " run TEXT, reproducible INTEGER, source BLOB, pictures BLOB, displays BLOB, remark TEXT, checksum BLOB,"
    " PRIMARY KEY (student, function, key)) WITHOUT ROWID"
)
IDENTITY = ("student", "function", "key")
DECISION = ("entry", "file", "seconds", "run", "reproducible")
ATTACHED = ("source", "pictures", "displays", "remark")
VERDICTS = CheckedTable("verdicts", (*IDENTITY, *DECISION, *ATTACHED))


def verdict_values(
    student: str, key: bytes, entry: JournalEntry, run: str, reproducible: bool, source: bytes | None, texts: NewTexts
) -> tuple[object, ...]:
    """Return the values of a verdict's row, for `VERDICTS.insert`; add the texts of the row to `texts`.

    source: hash of the text of the graded file; None if there is no file.
    """
    pictures, displays = entry.attachments.pictures, entry.attachments.displays
    return (
        *(student, entry.result.function, key),
        *(texts.add(msgspec.json.encode(entry.result)), entry.file, entry.seconds, run, reproducible, source),
        *(texts.add(msgspec.json.encode(shown)) if shown else None for shown in (pictures, displays)),
        msgspec.json.encode(reason_to_plain(entry.remark)).decode() if entry.remark else None,
    )


def decode_remark(remark: object) -> Reason | None:
    """Return a remark on the encoding of a file. Raises ValueError or TypeError if the column holds anything else."""
    return None if remark is None else reason_from_plain(msgspec.json.decode(str(remark)))
