"""JSON schemas of the files that other programs read, generated from the types that write them.

`python -m grader.grading.results.schemas FOLDER` writes them; the project keeps them in docs/schemas.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import msgspec

from grader.core.files.atomic_files import write_atomically
from grader.grading.policy.final_score import FinalScore
from grader.grading.results.overrides.override_history import OverrideChange
from grader.grading.results.published_scores import PublishedScores
from grader.grading.results.run_file import RunFile
from grader.grading.verdicts.record import FunctionRecord

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS: dict[str, tuple[Any, str]] = {
    "results.schema.json": (FunctionRecord, "One line of results.jsonl: one function of one student"),
    "finals.schema.json": (FinalScore, "One line of finals.jsonl: the final result of one student"),
    "published.schema.json": (PublishedScores, "published.json: the scores that students have received"),
    "overrides-history.schema.json": (OverrideChange, "One line of overrides-history.jsonl: one change of an override"),
    "run.schema.json": (RunFile, "run.json: how a grading run was made"),
}
"""Name of a schema's file -> the type that the schema describes, and its title."""


def schema_files() -> dict[str, bytes]:
    """Return the content of each schema by file name."""
    return {name: _schema(kind, title) for name, (kind, title) in SCHEMAS.items()}


def _schema(kind: Any, title: str) -> bytes:
    schema = {"$schema": DIALECT, "title": title} | _with_clean_descriptions(msgspec.json.schema(kind))
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"


def _with_clean_descriptions(schema: Any) -> Any:
    """Return a schema without the indentation of docstrings. Since Python 3.13, Python itself removes it."""
    if isinstance(schema, dict):
        return {
            key: inspect.cleandoc(value)
            if key == "description" and isinstance(value, str)
            else _with_clean_descriptions(value)
            for key, value in schema.items()
        }
    return [_with_clean_descriptions(item) for item in schema] if isinstance(schema, list) else schema


if __name__ == "__main__":
    for name, content in schema_files().items():
        write_atomically(Path(sys.argv[1]) / name, content)
