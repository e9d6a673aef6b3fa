"""Extract the texts that `--help` shows, for Babel. By itself, Babel finds only texts in calls of the translator."""

import ast
from collections.abc import Iterator
from typing import Any

from babel.messages.extract import extract_python

DECORATORS = ("command", "callback")
PARAMETERS = ("Option", "Argument")


def extract(file: Any, keywords: Any, tags: Any, options: Any) -> Iterator[tuple[int, Any, Any, list[str]]]:
    """Yield the texts to translate in a Python file, as an extraction method of Babel.

    These are the texts that Babel finds, the docstrings of commands, and the `help` and `metavar` of parameters.
    """
    yield from extract_python(file, keywords, tags, options)
    file.seek(0)
    for node in ast.walk(ast.parse(file.read())):
        for line, text in help_words(node):
            yield line, None, text, []


def help_words(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the texts of a syntax node that `--help` shows, each with its line number."""
    if isinstance(node, ast.FunctionDef) and any(called(each) in DECORATORS for each in node.decorator_list):
        yield node.lineno, ast.get_docstring(node) or ""
    if called(node) in PARAMETERS:
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        yield node.lineno, written_out(given["help"])
        metavar = given.get("metavar")
        if isinstance(metavar, ast.Constant) and metavar.value.isupper():  # other metavars are values, such as `en`
            yield node.lineno, metavar.value


def called(node: ast.AST) -> str | None:
    """Return the name of the method that a node calls, such as `Option` for `typer.Option()`; None for other nodes."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None


def written_out(node: ast.expr) -> str:
    """Return the value of a node that is a literal text. Raises ValueError for any other node."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        raise ValueError(f"line {node.lineno}: the help of a parameter must be written out to be translated")
    return node.value
