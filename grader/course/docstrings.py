"""Docstrings with texts in several languages: the English text first, then each other text below a heading.

    Return the square of every element.

    中文 (zh)
    ---------
    返回每个元素的平方。

A heading is a line that ends with the language code in parentheses, underlined with dashes. `keep_language` removes the
texts in all other languages from the docstrings of a source, for stubs and notebooks in one language.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from grader.core.text import ENGLISH
from grader.course.source_lines import source_lines

_HEADING = re.compile(r"^[ \t]*(?:\S.* )?\(([a-z]{2,3})\)[ \t]*\n[ \t]*-{3,}[ \t]*(?:\n|\Z)", re.MULTILINE)
_LITERAL = re.compile(r"""([rRuU]?)(\"{3}|'{3}|"|')(.*)\2""", re.DOTALL)


def language_parts(docstring: str) -> list[tuple[str, str]]:
    """Return the parts of a docstring in their order, as pairs (language code, text). The first part is English."""
    pieces = _HEADING.split(docstring)
    return [(code, text.strip()) for code, text in zip((ENGLISH, *pieces[1::2]), pieces[::2], strict=True)]


def docstring_fault(docstring: str, languages: Sequence[str]) -> tuple[str, str] | None:
    """Return what is wrong with the languages of a docstring, and how to correct it; None if nothing is wrong.

    Each language must have one part, in the order of `languages`.
    """
    parts = language_parts(docstring)
    texts = dict(parts)
    if missing := [language for language in languages if not texts.get(language)]:
        if missing[0] == ENGLISH:
            return f"the docstring has no text in {ENGLISH}", "write the English text first, without a heading"
        heading = f"NAME ({missing[0]})"
        cure = f'add at the end: the heading "{heading}", below it the line "{"-" * len(heading)}", then the text'
        return f"the docstring has no text in {missing[0]}", cure
    found = [language for language, _ in parts]
    if found != list(languages):
        cure = f"write one part for each language of the exercise, in this order: {', '.join(languages)}"
        return f"the docstring has parts in {', '.join(found)}", cure
    return None


def keep_language(source: str, language: str | None) -> str:
    """Return the source of a module with only one language in its docstrings; None returns the source unchanged.

    A docstring without a part in this language keeps its English part.
    """
    if language is None:
        return source
    lines = source_lines(source, keepends=True)
    for node in sorted(_docstrings(ast.parse(source)), key=lambda node: node.lineno, reverse=True):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before = _bytes(lines[first], 0, node.col_offset)
        after = _bytes(lines[last], node.end_col_offset or 0, None)
        literal = "".join(lines[first : last + 1]).removeprefix(before).removesuffix(after)
        indent = before[: len(before) - len(before.lstrip())]
        lines[first : last + 1] = [before + _in_one_language(literal, language, indent) + after]
    return "".join(lines)


def _docstrings(module: ast.Module) -> Iterator[ast.expr]:
    """Yield the docstrings of the module and of its functions and classes."""
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            statement = node.body[0]
            if isinstance(statement, ast.Expr):
                yield statement.value


def _bytes(line: str, start: int, end: int | None) -> str:
    """Return a part of a line by its offsets in UTF-8 bytes, as syntax trees count them."""
    return line.encode()[start:end].decode()


def _in_one_language(literal: str, language: str, indent: str) -> str:
    """Return the part of a docstring in one language. The docstring and the result have their quotation marks."""
    match = _LITERAL.fullmatch(literal)
    if match is None or len(parts := language_parts(match[3])) == 1:
        return literal
    texts = dict(parts)
    text = texts.get(language) or texts[ENGLISH]
    end = f"\n{indent}" if "\n" in text else ""
    return f"{match[1]}{match[2]}{text}{end}{match[2]}"
