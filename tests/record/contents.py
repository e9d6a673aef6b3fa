"""Convert any file into text that can be compared.

Of a binary file, the text shows the content, because the bytes depend on times and on the order of entries.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet

CODE_OF_THE_GRADER = re.compile(r"(^|/)grader/(?!course/exercises/)")
"""Paths of the grader's code in wheels and packages. They are not recorded, because modules and templates may move.

The exercises in a wheel are recorded, because they are output.
"""

OMITTED = re.compile(
    r"(^|/)(__pycache__|\.ruff_cache|\.pytest_cache)/|journal\.sqlite(-\w+)?$|mistake-outcomes\.bin$|\.lock$"
    r"|(^|/)\.autograded/"
)
"""Paths of files that are not output: caches, the journal, the outcomes of mistakes, locks, and a learner's state."""

RANDOM_ID = re.compile("[0-9a-f]{32}")
"""A primary key in nbgrader's gradebook."""
SHORT = 60
"""A text with fewer characters than this is used to identify a row."""


def files_below(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of every file below a folder. The path of a member of an archive begins with the archive's."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if not CODE_OF_THE_GRADER.search(name) and not OMITTED.search(name):
            yield from text_of(name, path.read_bytes())


def text_of(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of a file; for an archive, of each of its members."""
    suffix = Path(name).suffix
    if suffix in (".zip", ".whl"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = sorted(member for member in archive.namelist() if not CODE_OF_THE_GRADER.search(member))
            yield f"{name}.members", "".join(f"{member}\n" for member in members)
            for member in members:
                yield from text_of(f"{name}/{member}", archive.read(member))
    elif suffix == ".b64":
        yield f"{name}.decoded", _decoded(base64.b64decode(data))
    elif suffix == ".parquet":
        yield f"{name}.rows", _rows_of_parquet(data)
    elif data.startswith(b"SQLite format 3\0"):
        yield f"{name}.rows", _rows_of_sqlite(data)
    else:
        yield name, _without_code(name, _decoded(data))


def _decoded(data: bytes) -> str:
    """Return the bytes as text. If they are not UTF-8, return their number and their hash."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}\n"


def _without_code(name: str, text: str) -> str:
    """Return the text without the parts that depend on the grader's code, such as module names and hashes."""
    if name.endswith(".dist-info/RECORD"):
        return "".join(line for line in text.splitlines(True) if not CODE_OF_THE_GRADER.search(line))
    if name.endswith(".dist-info/entry_points.txt"):
        return re.sub(r"= *grader\.[\w.]+", "= <module>", text)
    if name.endswith(".autograded.json"):
        return re.sub(r'(\.whl": ")[0-9a-f]{64}"', r'\1<hash of the wheel>"', text)
    return text


def _rows_of_parquet(data: bytes) -> str:
    """Return the schema of a Parquet file, then one line for each row."""
    table = pyarrow.parquet.read_table(io.BytesIO(data))
    rows = (json.dumps(row, ensure_ascii=False, default=str) for row in table.to_pylist())
    return "\n".join([str(table.schema.remove_metadata()), *rows, ""])


def _rows_of_sqlite(data: bytes) -> str:
    """Return one line for each row of a database, sorted. A random id is replaced by the texts of its row."""
    database = sqlite3.connect(":memory:")
    database.deserialize(data)
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    tables = {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}
    database.close()
    owners: dict[object, tuple[str, tuple[object, ...]]] = {}
    for table, rows in tables.items():
        for row in rows:
            if isinstance(row[0], str) and RANDOM_ID.fullmatch(row[0]):
                owners.setdefault(row[0], (table, row))

    def named(value: object) -> str:
        if value not in owners:
            return repr(value)
        table, row = owners[value]
        return f"{table}({', '.join(named(v) for v in row[1:] if isinstance(v, str) and len(v) < SHORT)})"

    lines = (f"{table}: {', '.join(map(named, row))}\n" for table, rows in tables.items() for row in rows)
    return "".join(sorted(lines))
