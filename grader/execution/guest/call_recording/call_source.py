"""Find the call of the student's function in the source of an experiment: its arguments, their origin, its target.

This module parses only files of experiments, which are trusted. `execution.guest.experiment_files` passes their
sources to `add_source`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from types import FrameType
from typing import TypeAlias

Scope: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module

MAX_EXPRESSION = 200
"""Maximum number of characters of an expression that is shown."""

_sources: dict[str, bytes] = {}
"""Source code of each file of experiments, by the path of the file."""


def add_source(path: str, source: bytes) -> None:
    """Store the source of a file of experiments, so that `find_call` can search it."""
    _sources[path] = source


def is_experiment_file(path: str) -> bool:
    """Return whether this is the path of a file of experiments whose source was added."""
    return path in _sources


@dataclass(frozen=True)
class CallSource:
    """A call in the source of an experiment. An expression is Python text; "" if the source has no such expression.

    positional: the expressions of the positional arguments up to the first starred argument.
    keywords: the expressions of the keyword arguments.
    target: the name that the result is assigned to.
    line: the first line of the call.
    """

    positional: tuple[str, ...] = ()
    keywords: dict[str, str] = field(default_factory=dict)
    target: str = ""
    _scopes: tuple[Scope, ...] = ()
    line: int = 0

    def origin(self, name: str) -> tuple[str, int]:
        """Return the last expression that the experiment assigned to a name before the call, and the assignment's line.

        The expression is "" if the assignment is not a plain `name = expression`; the line is 0 if the experiment does
        not assign the name.
        """
        for scope in self._scopes:
            found, line = "", 0
            for statement in _statements(scope):
                expression = _assigned(statement, name) if statement.lineno <= self.line else None
                if expression is not None:
                    found, line = expression, statement.lineno
            if line:
                # An expression such as `x + 1` for `x` gives another value in each round of a loop.
                uses_itself = re.search(rf"(?<![.\w]){name}\b", found) and found != name
                return (found if len(found) <= MAX_EXPRESSION and not uses_itself else ""), line
        return "", 0


NO_SOURCE = CallSource()


def find_call(frame: FrameType) -> CallSource:
    """Return the call that a stack frame of an experiment is executing; NO_SOURCE if its source is not known."""
    code = frame.f_code
    if code.co_filename not in _sources:
        return NO_SOURCE
    positions = next(islice(code.co_positions(), frame.f_lasti // 2, None), None)
    return _find(code.co_filename, positions) if positions else NO_SOURCE


@lru_cache(maxsize=64)
def _tree(path: str) -> ast.Module:
    return ast.parse(_sources[path])


@lru_cache(maxsize=1024)
def _find(path: str, positions: tuple[int | None, int | None, int | None, int | None]) -> CallSource:
    scopes: list[Scope] = []
    call = _locate(_tree(path), positions, scopes)
    if call is None:
        return NO_SOURCE
    plain = next((i for i, node in enumerate(call.args) if isinstance(node, ast.Starred)), len(call.args))
    return CallSource(
        positional=tuple(ast.unparse(node) for node in call.args[:plain]),
        keywords={keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg},
        target=_target(scopes[-1], call) if scopes else "",
        _scopes=tuple(reversed(scopes)),
        line=call.lineno,
    )


def _locate(
    node: ast.AST, positions: tuple[int | None, int | None, int | None, int | None], scopes: list[Scope]
) -> ast.Call | None:
    """Return the call at these positions below a node, and append its enclosing scopes to `scopes`, outermost first."""
    line, end_line, column, end_column = positions
    if isinstance(node, ast.Call) and (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == (
        line,
        end_line,
        column,
        end_column,
    ):
        return node
    is_scope = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module)
    if is_scope:
        scopes.append(node)  # type: ignore[arg-type]  # is_scope has checked the type
    for child in ast.iter_child_nodes(node):
        first, last = getattr(child, "lineno", line), getattr(child, "end_lineno", line)
        covers = first is None or last is None or line is None or first <= line <= last
        if covers and (found := _locate(child, positions, scopes)):
            return found
    if is_scope:
        scopes.pop()
    return None


def _statements(scope: Scope) -> Iterator[ast.stmt]:
    """Yield the statements of a scope, also those in its loops and blocks, in the order of the source."""
    pending: list[ast.AST] = list(reversed(scope.body)) if isinstance(scope.body, list) else []
    while pending:
        node = pending.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            pending += reversed([child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)])


def _assigned(statement: ast.stmt, name: str) -> str | None:
    """Return the expression that a statement assigns to a name.

    Return "" if the statement assigns the name, but no single expression is its value, as in `a, b = pair`. Return None
    if the statement does not assign the name.
    """
    match statement:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Name) and target.id == name:
                    return ast.unparse(value)
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    for one, made in zip(target.elts, value.elts, strict=False):
                        if isinstance(one, ast.Name) and one.id == name:
                            return ast.unparse(made)
                elif name in {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}:
                    return ""
        case ast.AnnAssign(target=ast.Name(id=target_name), value=ast.expr() as value) if target_name == name:
            return ast.unparse(value)
        case ast.FunctionDef(name=defined) if defined == name:
            return name
    return None


def _target(scope: Scope, call: ast.Call) -> str:
    """Return the name or names to which a statement assigns the result of the call; "" if no statement assigns it."""
    for statement in _statements(scope):
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
            if value is call and isinstance(target, ast.Name | ast.Tuple):
                return ast.unparse(target)
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and call in value.elts:
                one = target.elts[value.elts.index(call)] if len(target.elts) == len(value.elts) else None
                return one.id if isinstance(one, ast.Name) else ""
    return ""
