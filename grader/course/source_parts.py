"""Split a stub or a solution into cells of a notebook: one for imports and constants, and one for each function."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from grader.course.source_lines import source_lines
from grader.course.stubs import BEGIN, END

DOCSTRING = ""
"""Stands for the module's docstring among the names of functions; no function can have this name."""


@dataclass(frozen=True)
class SourceParts:
    """The parts of a module's source.

    setup: the module without its docstring and without the exercise's functions.
    functions: source of each function of the exercise.
    """

    setup: str
    functions: dict[str, str]


def split_source(source: str, names: Collection[str]) -> SourceParts:
    """Split a module into the functions `names` and the rest, which is the setup.

    Helpers of the solution (code between solution marks at module level) are copied into each function that uses them.
    """
    lines = source_lines(source)
    owner = {number: name for name, span in _spans(ast.parse(source), lines, names) for number in span}
    setup: list[str] = []
    helpers: list[str] = []
    between_marks = False
    functions: dict[str, list[str]] = {}
    for number, line in enumerate(lines, 1):
        if number in owner:
            functions.setdefault(owner[number], []).append(line)
        elif line in (BEGIN, END):
            between_marks = line == BEGIN
        elif line != "# isort: split":  # a mark for the linter, which moves no import across it
            (helpers if between_marks else setup).append(line)
    functions.pop(DOCSTRING, None)
    texts = {name: _with_helpers("\n".join(text), _tidy(helpers)) for name, text in functions.items()}
    return SourceParts(_tidy(setup), texts)


def _spans(tree: ast.Module, lines: list[str], names: Collection[str]) -> Iterator[tuple[str, range]]:
    """Yield the name and the line numbers of each function, from its decorators to its END mark; also of DOCSTRING."""
    if ast.get_docstring(tree) is not None:
        yield DOCSTRING, range(1, (tree.body[0].end_lineno or 0) + 1)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            last = node.end_lineno or first
            while lines[last : last + 1] and (lines[last][:1] == " " or not lines[last].strip()):
                last += 1  # the syntax tree does not contain the comments at the end of a function
            while not lines[last - 1].strip():
                last -= 1
            yield node.name, range(first, last + 1)


def _tidy(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip("\n"))


def _with_helpers(function: str, helpers: str) -> str:
    """Return a function with the helpers inside its solution marks, if it uses a helper.

    Lines outside of the marks are handed out to students, who must not get the helpers.
    """
    if not helpers:
        return function
    used = {node.id for node in ast.walk(ast.parse(function)) if isinstance(node, ast.Name)}
    if not used & set(_bound_names(helpers)):
        return function
    begin = next(line for line in function.splitlines() if line.strip() == BEGIN)
    return function.replace(begin, f"{begin}\n{textwrap.indent(helpers, begin[: -len(BEGIN)])}\n", 1)


def _bound_names(helpers: str) -> Iterator[str]:
    for node in ast.parse(helpers).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
