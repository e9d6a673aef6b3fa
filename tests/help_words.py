"""How Babel finds the words of `--help`: no call of the translator stands round them in the sources."""

import ast
from collections.abc import Iterator
from typing import Any

from babel.messages.extract import extract_python

DECORATORS = ("command", "callback")
PARAMETERS = ("Option", "Argument")


def extract(file: Any, keywords: Any, tags: Any, options: Any) -> Iterator[tuple[int, Any, Any, list[str]]]:
    """Babel's own finds in a Python file, the docstrings of commands, and the help and metavars of their parameters."""
    yield from extract_python(file, keywords, tags, options)
    file.seek(0)
    for node in ast.walk(ast.parse(file.read())):
        for line, text in help_words(node):
            yield line, None, text, []


def help_words(node: ast.AST) -> Iterator[tuple[int, str]]:
    """What a part of a source says in `--help`, with its line."""
    if isinstance(node, ast.FunctionDef) and any(called(each) in DECORATORS for each in node.decorator_list):
        yield node.lineno, ast.get_docstring(node) or ""
    if called(node) in PARAMETERS:
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        yield node.lineno, written_out(given["help"])
        metavar = given.get("metavar")
        if isinstance(metavar, ast.Constant) and metavar.value.isupper():  # others are the values themselves
            yield node.lineno, metavar.value


def called(node: ast.AST) -> str | None:
    """The last name of what a part of a source calls."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None


def written_out(node: ast.expr) -> str:
    """A text that stands in the source as it is. Raises ValueError."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        raise ValueError(f"line {node.lineno}: the help of a parameter must be written out to be translated")
    return node.value
