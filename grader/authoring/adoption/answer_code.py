"""Extract a function from a student's file, with the imports, helpers and constants that it needs, without comments.

The file is parsed and never run. `grader adopt` parses only the file of the answer that its user chose. The command
refuses a file that is longer than MAX_FILE, or that Python cannot parse.
"""

from __future__ import annotations

import ast
import builtins
import copy
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from grader.core.defining_files import find_definition
from grader.core.errors import UsageError
from grader.execution.guest.student_code.source_file import is_reserved

Statement = TypeVar("Statement", bound=ast.stmt)

MAX_FILE = 1 << 20
"""Maximum length, in characters, of a student's file from which an answer is adopted."""

MAX_CODE = 20_000
"""Maximum length, in characters, of the code that is adopted."""

STAR = "*"
"""Key for imports such as `from math import *`, whose source does not show which names they define."""


@dataclass(frozen=True)
class AnswerCode:
    """A function of a student, and the imports, helpers and constants that it needs, in the order of the file."""

    function: ast.FunctionDef
    needed: tuple[ast.stmt, ...]


def extract_answer(source: str, function: str) -> AnswerCode:
    """Return the code of a function in a student's file.

    Raises UsageError if the file cannot be parsed, is too long, or does not define the function with `def`.
    """
    if len(source) > MAX_FILE:
        raise UsageError("The file with {function} is too long to be adopted", function=function)
    try:
        tree = ast.parse(source)
        node = find_definition(tree, function)
        if not isinstance(node, ast.FunctionDef):
            raise UsageError(
                "{function} is not defined with `def` at the top level of its file, so it cannot be adopted. Write the "
                "mistake by hand: docs/guides/author.md",
                function=function,
            )
        definitions = ModuleDefinitions(tree)
        found = AnswerCode(normalized(node), tuple(map(normalized, definitions.needed_by(node))))
        length = sum(len(ast.unparse(statement)) for statement in (*found.needed, found.function))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError("The file with {function} cannot be parsed: {error}", function=function, error=error) from None
    if length > MAX_CODE:
        raise UsageError("{function} is too long to be adopted", function=function)
    return found


class ModuleDefinitions:
    """The statements at the top level of a file, by the names that they define."""

    def __init__(self, tree: ast.Module) -> None:
        self._body = tree.body
        self._binding: dict[str, list[ast.stmt]] = {}
        for statement in tree.body:
            for name in bound_names(statement):
                self._binding.setdefault(name, []).append(statement)

    def needed_by(self, node: ast.FunctionDef) -> list[ast.stmt]:
        """Return the other statements of the file that a function needs, in the order of the file.

        Raises UsageError if it needs a name that is not defined by imports, a function, a class or a single assignment.
        """
        names, aliases = {node.name}, set[str]()
        needed: dict[int, ast.stmt] = {}
        todo: list[ast.stmt] = [node]
        while todo:
            for name in free_names(todo.pop()) - names:
                names.add(name)
                for statement in self._statements(name, node.name):
                    aliases.add(name)
                    if id(statement) not in needed:
                        needed[id(statement)] = statement
                        todo += [] if isinstance(statement, ast.Import | ast.ImportFrom) else [statement]
        return [_only(statement, aliases) for statement in self._body if id(statement) in needed]

    def _statements(self, name: str, function: str) -> Sequence[ast.stmt]:
        """Return the statements that define a name: all imports of the name, or its last definition."""
        binding = self._binding.get(name, [])
        if not binding:
            return [] if hasattr(builtins, name) or is_reserved(name) else self._binding.get(STAR, [])
        if all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in binding):
            return binding
        last = binding[-1]
        is_definition = isinstance(last, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if is_definition or (len(binding) == 1 and isinstance(last, ast.Assign | ast.AnnAssign)):
            return [last]
        raise UsageError(
            "{function} needs {name}, which is more than an import, a function, a class or a constant of its file, so "
            "it cannot be adopted. Write the mistake by hand: docs/guides/author.md",
            function=function,
            name=name,
        )


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement at the top level of a file defines."""
    pending: list[ast.AST] = [statement]
    while pending:
        match node := pending.pop():
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (_bound_by(alias) for alias in aliases)
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case _:
                pending += ast.iter_child_nodes(node)


def _bound_by(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _only(statement: ast.stmt, names: set[str]) -> ast.stmt:
    """Return an import statement that imports only these names; return any other statement unchanged."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return statement
    shorter = copy.copy(statement)
    shorter.names = [alias for alias in statement.names if _bound_by(alias) in {*names, STAR}]
    return shorter


def free_names(statement: ast.stmt) -> set[str]:
    """Return the names that a statement needs from its module or from the builtins."""
    tables = [symtable.symtable(ast.unparse(statement), "answer", "exec")]
    found = set()
    for table in tables:
        found |= {s.get_name() for s in table.get_symbols() if s.is_global() or table.get_type() == "module"}
        tables += table.get_children()
    return found


def normalized(statement: Statement) -> Statement:
    """Return a copy of a statement without docstrings and other constants that stand alone in a line."""
    return cast("Statement", _WithoutTexts().visit(copy.deepcopy(statement)))


class _WithoutTexts(ast.NodeTransformer):
    """Removes statements that consist only of a constant. Where Python demands a statement, it puts `pass`."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        blocks = [field for field in ("body", "finalbody") if getattr(node, field, None)]
        super().generic_visit(node)
        for field in blocks:
            if not getattr(node, field):
                setattr(node, field, [ast.Pass()])
        return node
