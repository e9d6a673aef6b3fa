"""Parquet: write functions.parquet and checks.parquet, tables with typed columns for pandas, polars, DuckDB or R."""

from __future__ import annotations

from typing import Any

import msgspec

from grader.core.errors import UsageError
from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary
from grader.exports.result_tables import check_rows, function_rows

TEXTS = (
    *("student", "name", "email", "exercise", "function", "outcome", "check", "claim"),
    *("message", "call", "relation", "source"),
)
NUMBERS = ("score", "max_score", "points", "max_points", "seconds")
KINDS = dict.fromkeys(TEXTS, "string") | dict.fromkeys(NUMBERS, "float64") | {"passed": "bool_", "mistakes": "strings"}
"""Column -> its type. The columns have the same names as the keys in results.jsonl."""


def export(results: ClassResults, options: ExportOptions) -> ExportSummary:
    """Write both tables into the folder `into`. Raises UsageError if pyarrow is not installed."""
    folder = options.output_folder()
    files = []
    for name, rows in {"functions": list(function_rows(results)), "checks": list(check_rows(results))}.items():
        path = folder / f"{name}.parquet"
        options.write(path, _table(rows, results))
        files.append(path)
    return ExportSummary(files)


def _table(rows: list[dict[str, Any]], results: ClassResults) -> bytes:
    """Return the bytes of a Parquet file. The metadata of the file holds run.json under the key "autograded".

    Raises UsageError if pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        cure = "pip install 'autograded[instructor]' (or pip install pyarrow)"
        raise UsageError("--to parquet needs pyarrow, which is not installed. Run: {cure}", cure=cure) from None
    types = {"strings": pyarrow.list_(pyarrow.string()), "bool_": pyarrow.bool_()}
    names = list(rows[0]) if rows else []
    fields = [(name, types[kind] if (kind := KINDS[name]) in types else getattr(pyarrow, kind)()) for name in names]
    run = {"autograded": msgspec.json.encode(dict(results.run))}
    table = pyarrow.Table.from_pylist(rows, schema=pyarrow.schema(fields, metadata=run))
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())
