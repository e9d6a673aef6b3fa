"""The pages of the reference that are written from the code: commands, Python API, policy, result files, exercises.

`conf.py` writes them below docs/reference/generated before Sphinx reads the documents; they are never committed.
"""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterable
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import grader
from grader.cli.app import app
from grader.cli.command_lookup import command_modules
from grader.core.text import ENGLISH, Text
from grader.course.library import ExerciseFiles, open_library
from grader.course.stubs import signatures
from grader.grading.policy.policy_example import example
from grader.grading.results.result_files import COLUMNS, POLICY_COLUMNS
from grader.grading.results.schemas import SCHEMAS, schema_files
from grader.submissions.students.look_alikes import ID_HASH

ROOT = Path(__file__).resolve().parents[1]

AUDIENCES = {"students": "For students", "instructors": "For instructors", "authors": "For authors"}
FIRST_DAY = date(2026, 9, 1)
"""The day for which the example of a policy is written: fixed, so that the page changes with the code only."""

for _module in command_modules().values():
    import_module(_module)
documented = app
"""The command line with all commands and options, for sphinxcontrib-typer."""


def write(folder: Path) -> None:
    """Write all generated pages below `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "exercises").mkdir(parents=True)
    pages = {
        "commands": commands(),
        "python": python_api(),
        "policy-keys": policy_keys(),
        "result-files": result_files(),
    }
    library = open_library(ROOT)
    exercises = {exercise.name: library.exercise_files[exercise.name] for exercise in library.course.exercises}
    pages |= {f"exercises/{name}": exercise_page(files) for name, files in exercises.items()}
    pages["exercises/index"] = exercise_index(exercises.values())
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, "utf-8")


def commands() -> str:
    """Return the page of all commands with their options, as `--help` shows them."""
    lines = [
        "# Commands",
        "",
        "`grader COMMAND --help` shows the same text in a terminal; with `--lang zh` it is in Chinese.",
        "",
    ]
    for audience, title in AUDIENCES.items():
        lines += [f"## {title}", ""]
        for name, module in command_modules().items():
            if f".{audience}." in module:
                lines += [f"### grader {name}", "", "```{eval-rst}", f".. typer:: reference_pages:documented:{name}"]
                lines += [f"   :prog: grader {name}", "   :preferred: text", "   :width: 84", "```", ""]
    return "\n".join(lines)


def python_api() -> str:
    """Return the page of the names that `grader` exports, with their docstrings."""
    lines = [
        "# Python",
        "",
        "```{eval-rst}",
        ".. automodule:: grader",
        "   :no-members:",
        "",
        ".. currentmodule:: grader",
        "",
    ]
    for name in grader.__all__:
        kind = "class" if isinstance(getattr(grader, name), type) else "function"
        members = ["   :members:", "   :exclude-members: __new__, __init__"] if kind == "class" else []
        lines += [f".. auto{kind}:: grader.{name}", *members, ""]
    return "\n".join([*lines, "```", ""])


def policy_keys() -> str:
    """Return the page of every key of grader.toml: the file that `grader policy --new` writes."""
    text = example(open_library(ROOT).course, FIRST_DAY, str)
    head = (
        "# Keys of grader.toml\n\n`grader policy --new` writes this file. [How the keys work together](../policy.md).\n"
    )
    return f"{head}\n```toml\n{text}```\n"


def result_files() -> str:
    """Return the page of the columns of grades.csv and of the fields of the JSON files."""
    lines = ["# Result files", "", "## grades.csv", "", "One row per student. Its columns, in this order:", ""]
    policy = "only with a policy or an override"
    lines += [f"1. `{name}`" for name in COLUMNS] + ["1. one column per function"]
    lines += [f"1. `{name}` ({policy})" for name in POLICY_COLUMNS]
    lines += [f"1. `{ID_HASH}` (only if an id needs it)", ""]
    for (name, (_, title)), content in zip(SCHEMAS.items(), schema_files().values(), strict=True):
        schema = json.loads(content)
        lines += [f"## {title}", "", f"As a JSON schema: {{download}}`{name} <../../schemas/{name}>`.", ""]
        first, *others = [schema["$ref"].rpartition("/")[2]] if "$ref" in schema else [""]
        named = {first: schema["$defs"][first]} if first else {"": schema}
        others = [other for other in schema.get("$defs", {}) if other not in named]
        for type_name, described in [*named.items(), *((other, schema["$defs"][other]) for other in others)]:
            lines += [*_fields(type_name, described), ""]
    return "\n".join(lines)


def _fields(name: str, described: dict[str, Any]) -> Iterable[str]:
    """Yield the lines that list the fields of one JSON object."""
    if "properties" not in described:
        return
    if name:
        yield f"### {name}"
        yield ""
    yield " ".join(described.get("description", "").split())
    yield ""
    yield "| field | type | always there |"
    yield "|---|---|---|"
    for field, kind in described["properties"].items():
        yield f"| `{field}` | {_type(kind)} | {'yes' if field in described.get('required', ()) else 'no'} |"


def _type(kind: dict[str, Any]) -> str:
    """Return a JSON schema's type in words."""
    if "$ref" in kind:
        return kind["$ref"].rpartition("/")[2]
    if "anyOf" in kind:
        return " or ".join(dict.fromkeys(map(_type, kind["anyOf"])))
    if "enum" in kind:
        return " or ".join(f"`{json.dumps(value)}`" for value in kind["enum"])
    if kind.get("type") == "array":
        return f"list of {_type(kind['items'])}" if isinstance(kind.get("items"), dict) else "list"
    if kind.get("type") == "object" and isinstance(kind.get("additionalProperties"), dict):
        return f"object of {_type(kind['additionalProperties'])}"
    return str(kind.get("type", "any value"))


def exercise_index(exercises: Iterable[ExerciseFiles]) -> str:
    """Return the page that lists the exercises with their functions."""
    lines = ["# Exercises", "", "| exercise | functions | points |", "|---|---|---|"]
    names = []
    for files in exercises:
        exercise = files.exercise
        functions = ", ".join(f"`{function}`" for function in exercise.points)
        points = sum(exercise.points.values())
        lines.append(f"| [{exercise.title.in_(ENGLISH)}]({exercise.name}.md) | {functions} | {points} |")
        names.append(exercise.name)
    return "\n".join([*lines, "", "```{toctree}", ":hidden:", "", *names, "```", ""])


def exercise_page(files: ExerciseFiles) -> str:
    """Return the page of one exercise: its lesson, and for each function the contract and the public claims."""
    exercise, lesson = files.exercise, files.lesson
    stub = files.stub_in(ENGLISH)
    contracts = {
        node.name: ast.get_docstring(node) or "" for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef)
    }
    lines = [f"# {exercise.title.in_(ENGLISH)}", "", f"`{files.file}`", "", *_cells(lesson.cells("start"))]
    for function, line in signatures(stub, exercise.points).items():
        lines += [f"## {function}", "", *_cells(lesson.cells(function)), "```python", line, "```", ""]
        lines += ["```text", contracts.get(function, ""), "```", "", "The public checks:", ""]
        lines += [f"- {check.claim.in_(ENGLISH)}" for check in exercise.checks_of(function) if not check.hidden]
        hidden = sum(check.hidden for check in exercise.checks_of(function))
        lines += ["", f"{exercise.points[function]:.2f} points; {hidden} more checks are hidden.", ""]
    return "\n".join([*lines, *_cells(lesson.cells("end"))])


def _cells(cells: Iterable[Any]) -> Iterable[str]:
    """Yield the lines of a lesson's texts and examples. Headings of a lesson go one level down, below its function."""
    for cell in cells:
        if isinstance(cell, Text):
            yield cell.in_(ENGLISH).replace("\n## ", "\n### ")
        else:
            yield f"```python\n{cell.code}\n```"
        yield ""
