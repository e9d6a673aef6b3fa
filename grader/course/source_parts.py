"""A stub or a solution in parts: what stands before the functions, and each function by itself, for a notebook."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from grader.course.stubs import BEGIN, END

DOCSTRING = ""


@dataclass(frozen=True)
class Parts:
    """`setup` is the module without its docstring and its exercise functions; `functions` holds the text of each."""

    setup: str
    functions: dict[str, str]


def take_apart(source: str, names: Collection[str]) -> Parts:
    """Take a module apart. What it keeps between marks at module level is put into each function that uses it."""
    lines = source.splitlines()
    home = {number: name for name, span in _spans(ast.parse(source), lines, names) for number in span}
    setup: list[str] = []
    helpers: list[str] = []
    inside = False
    functions: dict[str, list[str]] = {}
    for number, line in enumerate(lines, 1):
        if number in home:
            functions.setdefault(home[number], []).append(line)
        elif line in (BEGIN, END):
            inside = line == BEGIN
        elif line != "# isort: split":  # it keeps a linter from sorting the marks away
            (helpers if inside else setup).append(line)
    functions.pop(DOCSTRING, None)
    texts = {name: _with_helpers("\n".join(text), _tidy(helpers)) for name, text in functions.items()}
    return Parts(_tidy(setup), texts)


def _spans(tree: ast.Module, lines: list[str], names: Collection[str]) -> Iterator[tuple[str, range]]:
    """The lines of the module's docstring and of each function, from its decorators to its END mark."""
    if ast.get_docstring(tree) is not None:
        yield DOCSTRING, range(1, (tree.body[0].end_lineno or 0) + 1)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            last = node.end_lineno or first
            while lines[last : last + 1] and (lines[last][:1] == " " or not lines[last].strip()):
                last += 1  # a comment at the end is no part of the syntax tree
            while not lines[last - 1].strip():
                last -= 1
            yield node.name, range(first, last + 1)


def _tidy(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip("\n"))


def _with_helpers(function: str, helpers: str) -> str:
    """A function with the helpers that it uses inside its marks: a notebook has no other place that is cut out."""
    if not helpers:
        return function
    used = {node.id for node in ast.walk(ast.parse(function)) if isinstance(node, ast.Name)}
    if not used & set(_bound(helpers)):
        return function
    begin = next(line for line in function.splitlines() if line.strip() == BEGIN)
    return function.replace(begin, f"{begin}\n{textwrap.indent(helpers, begin[: -len(BEGIN)])}\n", 1)


def _bound(helpers: str) -> Iterator[str]:
    for node in ast.parse(helpers).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
