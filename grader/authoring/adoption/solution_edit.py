"""Find an edit that turns the solution into a student's answer by replacing one range of lines."""

from __future__ import annotations

import ast
import copy
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from grader.authoring.adoption.answer_code import normalized
from grader.course.source_lines import source_lines

BLOCKS = ("body", "orelse", "finalbody")
"""Fields of a statement in Python's syntax tree that hold a block of statements."""


@dataclass(frozen=True)
class Edit:
    """A replacement in the solution: `old`, a text that occurs once in the function, is replaced by `new`."""

    old: str
    new: str


@dataclass(frozen=True)
class _Change:
    """A change of one block of statements in the solution: `block[start:end]` is replaced by `new`."""

    block: Sequence[ast.stmt]
    start: int
    end: int
    new: Sequence[ast.stmt]


def find_edit(solution: str, answer: ast.FunctionDef) -> Edit | None:
    """Return the edit of the solution's file that makes it the answer; None if one range of lines is not enough."""
    found = [n for n in ast.parse(solution).body if isinstance(n, ast.FunctionDef) and n.name == answer.name]
    function = normalized(found[-1])
    if _without(function, "body") != _without(answer, "body"):
        return None
    change = _with_neighbor(_find_change(function.body, answer.body))
    lines = source_lines(solution, keepends=True)
    edit = _edit(change, lines)
    text = "".join(lines[found[-1].lineno - 1 : found[-1].end_lineno])
    if edit is None or text.count(edit.old) != 1:
        return None
    return edit if _defines(text.replace(edit.old, edit.new), answer) else None


def _without(node: ast.AST, field: str) -> str:
    """Return a text that is equal for two nodes which differ only in the block `field` and in line numbers."""
    shallow = copy.copy(node)
    setattr(shallow, field, [])
    return ast.dump(shallow)


def _find_change(ours: Sequence[ast.stmt], theirs: Sequence[ast.stmt]) -> _Change:
    """Return the smallest change that turns the block `ours` of the solution into the block `theirs` of the answer.

    If the change replaces one statement by another, and these differ only in an inner block, return the change of the
    inner block.
    """
    texts = [ast.dump(statement) for statement in ours], [ast.dump(statement) for statement in theirs]
    shorter = min(len(ours), len(theirs))
    start = next((n for n in range(shorter) if texts[0][n] != texts[1][n]), shorter)
    same = next((n for n in range(shorter - start) if texts[0][-1 - n] != texts[1][-1 - n]), shorter - start)
    end, new = len(ours) - same, theirs[start : len(theirs) - same]
    if end - start == len(new) == 1:
        for field in BLOCKS:
            inside, other = getattr(ours[start], field, []), getattr(new[0], field, [])
            if inside and other and _without(ours[start], field) == _without(new[0], field):
                return _find_change(inside, other)
    return _Change(ours, start, end, new)


def _with_neighbor(change: _Change) -> _Change:
    """Extend a change that only inserts or only removes statements by a neighboring statement.

    An edit needs an old text to find its place, and a block must not become empty.
    """
    block, start, end = change.block, change.start, change.end
    if start < end and change.new:
        return change
    if start > 0:
        return _Change(block, start - 1, end, [block[start - 1], *change.new])
    if end < len(block):
        return _Change(block, start, end + 1, [*change.new, block[end]])
    return _Change(block, start, end, change.new or [ast.Pass()])


def _edit(change: _Change, lines: Sequence[str]) -> Edit | None:
    first, last = change.block[change.start], change.block[change.end - 1]
    if not hasattr(first, "lineno") or last.end_lineno is None:
        return None
    old = "".join(lines[first.lineno - 1 : last.end_lineno]).rstrip()
    new = "\n".join(ast.unparse(statement) for statement in change.new)
    return Edit(old.lstrip(), textwrap.indent(new, " " * first.col_offset).lstrip())


def _defines(text: str, answer: ast.FunctionDef) -> bool:
    """Return whether a text consists of the answer's function, apart from docstrings."""
    try:
        (node,) = ast.parse(text).body
    except (SyntaxError, ValueError):
        return False
    return ast.dump(normalized(node)) == ast.dump(answer)
