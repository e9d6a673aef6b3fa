"""Read the three hints of each function: a question, a place to look, the idea. Each is in all languages of the course.

solutions/hints/EXERCISE.toml:

    [compute_mse_loss]
    nudge.en = "..."      # a question about the concept
    nudge.zh = "..."
    pointer.en = "..."    # where to look: the tool, the line of the tutorial, the decisive fact
    pointer.zh = "..."
    idea.en = "..."       # the plan in words, without code that could be pasted
    idea.zh = "..."
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from grader.core.errors import AuthoringError
from grader.core.text import Text
from grader.course.source_lines import source_lines

LEVELS = ("nudge", "pointer", "idea")
"""Keys of the three hints, in the order in which `grader hint` shows them."""

Hints: TypeAlias = tuple[Text, ...]
"""The hints of one function in the order of LEVELS."""

PASTEABLE = 16
"""Minimum length, in characters, of a line of the solution that no hint may quote. Shorter lines reveal nothing."""


def read_hints(
    file: Path, functions: Sequence[str], solution: str, languages: Sequence[str]
) -> tuple[dict[str, Hints], list[AuthoringError]]:
    """Return the hints of each function that has all three, and an error for each missing or wrong hint.

    `solution` is the source of the solution, which no hint may quote; `languages` are the languages of the exercise.
    """
    try:
        table = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        return {}, [AuthoringError(file, f"cannot be read: {error}", "correct the syntax")]
    errors = [
        AuthoringError(
            f"{file} [{name}]", f"the exercise has no function {name}", "correct the name, or remove the hints"
        )
        for name in table
        if name not in functions
    ]
    answers = _answers(solution)
    hints: dict[str, Hints] = {}
    for function in functions:
        entry = table.get(function, {})
        faults = list(_faults(entry, answers.get(function, ()), languages))
        errors += [AuthoringError(f"{file} [{function}]", found, cure) for found, cure in faults]
        if not faults:
            hints[function] = tuple(Text(**{name: entry[level][name] for name in languages}) for level in LEVELS)
    return hints, errors


def _faults(entry: Any, answer: Sequence[str], languages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the faults in the hints of one function, as pairs (fault, cure)."""
    if not isinstance(entry, Mapping) or not entry:
        keys = ", ".join(f'{level}.{language} = "..."' for level in LEVELS for language in languages)
        cure = f"write, below the function's name in brackets: {keys}"
        yield "it has no hints", cure
        return
    if unknown := sorted(entry.keys() - set(LEVELS)):
        yield f"unknown level {', '.join(unknown)}", f"the levels are {', '.join(LEVELS)}"
    for level in LEVELS:
        texts = entry.get(level)
        for language in languages:
            text = texts.get(language) if isinstance(texts, Mapping) else None
            if not isinstance(text, str) or not text.strip():
                yield f"{level}.{language} is missing", f'add {level}.{language} = "..."'
            elif quoted := next((line for line in answer if line in text), ""):
                yield f"{level}.{language} quotes the solution: {quoted}", "describe the idea in words"
        for language in sorted(texts.keys() - set(languages) if isinstance(texts, Mapping) else ()):
            cure = f"remove it, or add {language}=TITLE to every exercise() of the course"
            yield f"{level}.{language} is not in a language of the exercise ({', '.join(languages)})", cure


def _answers(solution: str) -> dict[str, list[str]]:
    """Return, for each function, the lines of its body that no hint may quote."""
    try:
        tree = ast.parse(solution)
    except SyntaxError:
        return {}  # `stubs.cut_stub` reports the syntax error
    lines = source_lines(solution)
    answers: dict[str, list[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            first = node.body[0].end_lineno or node.lineno  # start after the docstring, which a hint may quote
            body = (line.strip() for line in lines[first : node.end_lineno])
            answers[node.name] = [
                line for line in body if len(line) >= PASTEABLE and not line.startswith(("#", "raise"))
            ]
    return answers
