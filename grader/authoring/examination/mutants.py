"""Mutants of a solution: copies with one small change, such as a swapped operator or a removed statement.

If no check catches a mutant, either the mutant is equivalent to the solution, or the checks miss a mistake. The doctor
lists these mutants for the author to look at; they are not findings.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
"""Operator -> the operator that replaces it in a mutant."""


@dataclass(frozen=True)
class Mutant:
    """The solution's file with one change in one function; `change` describes the change and names its line."""

    function: str
    change: str
    source: str


def mutants_of(solution: str, function: str) -> Iterator[Mutant]:
    """Yield each mutant of one function that differs from the solution by a single change and compiles."""
    tree = ast.parse(solution)
    original = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    place = tree.body.index(original)
    above, below = (_text(part) for part in (tree.body[:place], tree.body[place + 1 :]))
    for number in range(sum(1 for _ in _sites(original))):
        mutated = copy.deepcopy(original)
        change = next(islice(_sites(mutated), number, None))()
        try:
            text = _text([mutated])
            compile(text, "mutant", "exec")
        except (SyntaxError, ValueError):
            continue
        yield Mutant(function, change, f"{above}\n\n{text}\n\n{below}\n")


def _text(statements: list[ast.stmt]) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Module(statements, [])))


class _Site:
    """A possible change of a syntax tree. A call of the object applies the change, and returns its description."""

    def __init__(self, node: ast.AST, field: str, index: int | None, new: object, description: str) -> None:
        self._node, self._field, self._index, self._new, self._description = node, field, index, new, description

    def __call__(self) -> str:
        before = ast.unparse(self._node) if self._index is None or self._field != "body" else ""
        line = getattr(self._node, "lineno", 0)
        if self._index is None:
            setattr(self._node, self._field, self._new)
        else:
            changed = getattr(self._node, self._field)
            line = getattr(changed[self._index], "lineno", line)  # operators have no line
            changed[self._index] = self._new
        after = ast.unparse(ast.fix_missing_locations(self._node)) if before else ""
        return f"line {line}: {self._description or f'{before} -> {after}'}"


def _sites(function: ast.FunctionDef) -> Iterator[_Site]:
    """Yield the possible changes of a function. Docstrings and `raise` statements are never changed."""
    for node in _nodes(function):
        match node:
            case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in SWAPS:
                yield _Site(node, "op", None, SWAPS[type(op)](), "")
            case ast.BoolOp(op=op):
                yield _Site(node, "op", None, SWAPS[type(op)](), "")
            case ast.Compare(ops=[op]) if type(op) in SWAPS:
                yield _Site(node, "ops", 0, SWAPS[type(op)](), "")
            case ast.UnaryOp(op=ast.USub()):
                yield _Site(node, "op", None, ast.UAdd(), "")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield _Site(node, "operand", None, ast.UnaryOp(ast.Not(), operand), "")
            case ast.Constant(value=bool() as value):
                yield _Site(node, "value", None, not value, "")
            case ast.Constant(value=int() | float() as number):
                yield _Site(node, "value", None, number + 1, "")
            case ast.IfExp(test=test) | ast.If(test=test):
                description = f"if {ast.unparse(test)} -> if not"
                yield _Site(node, "test", None, ast.UnaryOp(ast.Not(), test), description)
        yield from _removable_statements(node)


def _removable_statements(node: ast.AST) -> Iterator[_Site]:
    for field in ("body", "orelse"):
        block = getattr(node, field, None)
        if not isinstance(block, list):
            continue
        for index, statement in enumerate(block):
            if isinstance(
                statement, ast.Expr | ast.Assign | ast.AugAssign | ast.If | ast.For | ast.Continue | ast.Break
            ) and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                description = f"removed `{ast.unparse(statement).splitlines()[0]}`"
                yield _Site(node, field, index, ast.Pass(), description)


def _nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    todo: list[ast.AST] = [function]
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.Raise | ast.arguments | ast.JoinedStr):
            continue
        yield node
        todo += ast.iter_child_nodes(node)
