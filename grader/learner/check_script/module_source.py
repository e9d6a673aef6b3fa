"""The source of a module: the definitions and imports at its top level, read from the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "grader"
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Import:
    """A name that a module imports: `import module as name`, or `from module import imported as name`."""

    name: str
    module: str
    imported: str = ""

    @property
    def statement(self) -> str:
        """The import statement of this name alone."""
        if not self.imported:
            return f"import {self.module}" + ("" if self.name == self.module else f" as {self.name}")
        return f"from {self.module} import {self.words}"

    @property
    def words(self) -> str:
        """The name as it is written after `import`."""
        return self.imported if self.imported == self.name else f"{self.imported} as {self.name}"


@dataclass(frozen=True, eq=False)
class ModuleSource:
    """The source of a module, and its syntax tree."""

    source: bytes
    tree: ast.Module

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines, each with its line ending."""
        return self.source.splitlines(keepends=True)

    @cached_property
    def definitions(self) -> dict[str, ast.stmt]:
        """The statement that binds each name: a function, class or assignment."""
        found: dict[str, ast.stmt] = {}
        for node in self.tree.body:
            if isinstance(node, DEFINITIONS):
                found[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {part.id: node for t in targets for part in ast.walk(t) if isinstance(part, ast.Name)}
        return found

    @cached_property
    def imports(self) -> dict[str, Import]:
        """The imported names."""
        found = {}
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module != "__future__":
                for alias in node.names:
                    name = alias.asname or alias.name
                    found[name] = Import(name, node.module or "", alias.name)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    found[name] = Import(name, alias.name)
        return found

    def text(self, node: ast.stmt) -> str:
        """Return the source of a statement at the top level, with its decorators."""
        return b"".join(self.lines[first_line(node) - 1 : node.end_lineno]).decode().rstrip()


def first_line(node: ast.stmt) -> int:
    """Return the number of the first line of a statement, which may be the line of its first decorator."""
    decorators = node.decorator_list if isinstance(node, DEFINITIONS) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def read_module(source: bytes) -> ModuleSource:
    """Parse the source of a file of experiments, with line endings of Unix; scripts quote this source."""
    source = source.replace(b"\r\n", b"\n")
    return ModuleSource(source, ast.parse(source))


@lru_cache(maxsize=16)
def read_own_module(name: str) -> ModuleSource:
    """Parse a module of the grader without importing it.

    The tree has no annotations of functions, and of each docstring only the first line.
    """
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin
    source = Path(spec.origin).read_bytes()
    return ModuleSource(source, ast.fix_missing_locations(_Shortened().visit(ast.parse(source))))


class _Shortened(ast.NodeTransformer):
    """Removes annotations, casts, and the lines of docstrings after the first line."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        self.generic_visit(node)
        node.body = [_assignment(part) for part in node.body]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        arguments = node.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            argument.annotation = None
        for starred in filter(None, (arguments.vararg, arguments.kwarg)):
            starred.annotation = None
        node.returns = None
        self.generic_visit(node)
        node.body = [*_first_line_of_docstring(node), *(_assignment(part) for part in _code(node))] or [ast.Pass()]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        for part in node.body:
            if isinstance(part, ast.AnnAssign):  # a field of a dataclass: Python evaluates its annotation
                part.annotation = ast.Name("object", ast.Load())
        node.body = [*_first_line_of_docstring(node), *_code(node)] or [ast.Pass()]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "cast":
            return node.args[1]
        return node


def _first_line_of_docstring(node: ast.FunctionDef | ast.ClassDef) -> Iterator[ast.stmt]:
    if text := ast.get_docstring(node):
        yield ast.Expr(ast.Constant(text.splitlines()[0]))


def _code(node: ast.FunctionDef | ast.ClassDef) -> list[ast.stmt]:
    """Return the statements of a function or class without its docstring."""
    return node.body[1:] if ast.get_docstring(node) is not None else node.body


def _assignment(node: ast.stmt) -> ast.stmt:
    """Return an annotated assignment as a plain one."""
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return ast.Assign([node.target], node.value)
    return node
