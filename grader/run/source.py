"""A submission's source in the process that runs it: find the functions by name, run the files that define them.

Parsing is done here, next to the student's code, because a hostile file can blow up a parser.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from types import CodeType, ModuleType
from typing import Any

from grader.core.outcomes import Located, Missing, Raised, Refused
from grader.run.inert import INERT
from grader.run.notebook import notebook_cells
from grader.run.running import student_code

CELL_PATH = re.compile(r"\.ipynb\[(\d+)\]$", re.IGNORECASE)
"""How the path of a cell ends."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a submission: its path inside the submission (or on disk) and its bytes, as they are.

    A notebook has its code cells in `cells`, named after its path, and their text joined in `data`.
    """

    path: str
    data: bytes
    cells: tuple[Cell, ...] = ()

    @cached_property
    def stem(self) -> str:
        """The file's name without its ending."""
        return PurePosixPath(self.path.replace("\\", "/")).stem

    @property
    def code(self) -> bytes | str:
        """What Python compiles: the bytes, so that coding lines, byte order marks and line ends are its business."""
        return self.data


@dataclass(frozen=True)
class Cell(SourceFile):
    """One code cell of a notebook; its path is the notebook's with the cell's number: "hw.ipynb[3]"."""

    @property
    def code(self) -> str:
        """Text, in which a coding line means nothing."""
        return self.data.decode("utf-8", "surrogatepass")


@dataclass
class Submission:
    """The files of one student, and what became of them when they were parsed and run.

    `cell_trees` holds the sound cells of notebooks. As in Jupyter, what is wrong with one cell does not stop the next.
    """

    files: Sequence[SourceFile]
    trees: dict[str, ast.Module] = field(default_factory=dict)
    cell_trees: dict[str, ast.Module] = field(default_factory=dict)
    broken: dict[str, Raised | Refused] = field(default_factory=dict)
    modules: dict[str, ModuleType] = field(default_factory=dict)
    failures: dict[str, Raised] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.files = [self._as_python(file) for file in self.files]
        for file in self.files:
            if file.cells:
                self._parse_cells(file)
                continue
            result = self.broken.get(file.path) or parse(file)
            if isinstance(result, ast.Module):
                self.trees[file.path] = result
            else:
                self.broken[file.path] = result

    def _parse_cells(self, file: SourceFile) -> None:
        """Parse a notebook cell by cell: it is what its sound cells define, and also broken if one of them is."""
        self.trees[file.path] = whole = ast.Module([], [])
        for cell in file.cells:
            result = parse(cell)
            if isinstance(result, ast.Module):
                self.cell_trees[cell.path] = result
                whole.body += result.body
            else:
                self.broken.setdefault(file.path, result)

    def _as_python(self, file: SourceFile) -> SourceFile:
        """A notebook as the Python in it; any other file as it is."""
        if not file.path.lower().endswith(".ipynb"):
            return file
        try:
            texts = [cell.encode("utf-8", "surrogatepass") for cell in notebook_cells(file.data)]
        except ValueError as error:
            self.broken[file.path] = Refused(f"{file.path} cannot be read as a notebook: {error}"[:300], human=True)
            return SourceFile(file.path, b"")
        cells = tuple(Cell(f"{file.path}[{number}]", text) for number, text in enumerate(texts, 1))
        return SourceFile(file.path, b"\n\n".join(texts), cells)

    @property
    def own_files(self) -> frozenset[str]:
        """The file names that the frames of this submission carry."""
        return frozenset(part.path for file in self.files for part in (file, *file.cells))

    @property
    def module_names(self) -> frozenset[str]:
        """The names under which these files may have been imported."""
        return frozenset({*(file.stem for file in self.files), *(m.__name__ for m in self.modules.values())})

    def locate(self, homes: Mapping[str, str]) -> dict[str, Located]:
        """Where each function is defined. `homes` maps a function to the stem of its stub file."""
        defined: dict[str, list[str]] = {}
        for path, tree in self.trees.items():
            for name in set(names_at_module_level(tree)):
                defined.setdefault(name, []).append(path)
        return {function: self._locate(function, home, defined.get(function, [])) for function, home in homes.items()}

    def _locate(self, function: str, home: str, files: list[str]) -> Located:
        at_home = [file.path for file in self.files if file.stem == home]
        files = _one_of(files, at_home)
        if len(files) > 1:  # a whole hand-out: the answer in the notebook, and the stub in the file, or the other way
            written = [path for path in files if not _is_stub(self.trees[path], function)]
            files = _one_of(written, at_home) or files[:1]
        if len(files) == 1:
            return Located(files[0])
        if len(files) > 1:
            names = ", ".join(files)
            return Located(problem=Refused(f"defined in several files ({names}): which one counts?", human=True))
        # A broken file may be the one that defines the function: its stub file, or any when there is no stub file.
        for path in at_home or self.broken:
            if path in self.broken:
                return Located(path, self.broken[path])
        return Located(problem=Missing("no submitted file defines it"))

    def load(self, path: str) -> Raised | None:
        """Run a file whole, once, as the module of its name; what it raises, or None."""
        if path in self.modules:
            return self.failures.get(path)
        file = next(file for file in self.files if file.path == path)
        module = ModuleType(module_name(file.stem))
        module.__file__ = path
        self.modules[path] = module
        sys.modules[module.__name__] = module
        if file.cells:
            module.__dict__.update(display=INERT, get_ipython=INERT)  # Jupyter has these without an import
        for part in file.cells or [file]:
            if part.path in self.cell_trees or not file.cells:
                self._run(part, module)
        for cell in file.cells:  # it may stand above the cell that it needs: its author ran them in another order
            failure, tree = self.failures.get(cell.path), self.cell_trees.get(cell.path)
            if (
                failure
                and failure.error == "NameError"
                and tree
                and not {*names_at_module_level(tree)} <= {*vars(module)}
            ):
                del self.failures[cell.path]
                self._run(cell, module)
        return self.failures.get(path)

    def _run(self, part: SourceFile, module: ModuleType) -> None:
        """Run a file, or one cell, in its module."""
        lines = text_of(part).splitlines(keepends=True)
        linecache.cache[part.path] = (len(part.data), None, lines, part.path)
        try:
            with student_code():
                exec(compile_file(part), module.__dict__)
        except BaseException as error:  # noqa: BLE001  (whatever a student's module raises, SystemExit too)
            from grader.run.observe import raised  # needs torch, which parsing does not

            self.failures[part.path] = raised(error, self.own_files)

    def function(self, name: str, located: Located) -> Any:
        """The callable of that name, or the outcome that says what stands there instead."""
        found = self.modules[located.file].__dict__.get(name)
        if callable(found):
            return found
        file = next(file for file in self.files if file.path == located.file)
        for cell in file.cells:  # the cell that would have defined it
            tree, failure = self.cell_trees.get(cell.path), self.failures.get(cell.path)
            if tree and failure and name in names_at_module_level(tree):
                return failure
        return Missing(f"{located.file} leaves no function of that name behind")


def module_name(stem: str) -> str:
    """A module name for a file that hides no module already imported, such as torch."""
    return stem if stem.isidentifier() and stem not in sys.modules else f"submitted_{abs(hash(stem))}"


def parse(file: SourceFile) -> ast.Module | Raised | Refused:
    """The syntax tree of a file, or what is wrong with it: the line and column, or the encoding."""
    if file.data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Refused(f"{file.path} is UTF-16 text: save it as UTF-8 and hand it in again", human=True)
    if b"\0" in file.data:
        return Refused(f"{file.path} holds null bytes: it is no Python text", human=True)
    try:
        return ast.parse(file.code, file.path)
    except SyntaxError as error:
        if not error.lineno or "codec can't decode" in str(error.msg):
            return Refused(
                f"{file.path} cannot be decoded ({error.msg}): save it as UTF-8 and hand it in again", human=True
            )
        place = f"{line_in(file.path, error.lineno)}, column {error.offset}: {(error.text or '').strip()}"[:120]
        return Raised(type(error).__name__, str(error.msg)[:200], place)
    except (ValueError, RecursionError, MemoryError) as error:
        return Raised(type(error).__name__, f"{file.path} cannot be parsed: {error}"[:200])


def compile_file(file: SourceFile) -> CodeType:
    """Compile a file or a cell, under its own path."""
    return compile(file.code, file.path, "exec", dont_inherit=True)


def line_in(path: str, line: int) -> str:
    """ "line 12" of a file, "cell 3, line 2" of a notebook's cell: a place that its author finds again."""
    cell = CELL_PATH.search(path)
    return f"cell {cell[1]}, line {line}" if cell else f"line {line}"


def text_of(file: SourceFile) -> str:
    """The text of a file for messages; what cannot be decoded is replaced."""
    if isinstance(file, Cell):
        return file.code
    try:
        return importlib.util.decode_source(file.data)
    except (SyntaxError, UnicodeDecodeError):
        return file.data.decode("utf-8", "replace")


def names_at_module_level(tree: ast.Module) -> Iterator[str]:
    """Every name that a `def` or an assignment binds at module level, inside `if`, `try` and `with` too."""
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (name for target in targets for name in _bound(target))
            case ast.AnnAssign(target=target, value=value) if value is not None:
                yield from _bound(target)
            case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While() | ast.ExceptHandler():
                todo += [
                    child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt | ast.ExceptHandler)
                ]


def _one_of(paths: list[str], preferred: list[str]) -> list[str]:
    """The one path that is preferred, else all of them."""
    found = [path for path in paths if path in preferred]
    return found if len(found) == 1 else paths


def _is_stub(tree: ast.Module, function: str) -> bool:
    """Whether a module leaves a function as it was handed out: a docstring and `raise NotImplementedError`."""
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    body = found[-1].body if found else []
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    match body:
        case [ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name)))]:
            return name == "NotImplementedError"
    return False


def _bound(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield unicodedata.normalize("NFKC", target.id)
    elif isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            yield from _bound(item)


class SiblingFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Lets a submitted file import the others by their stems. Asked last: it hides no installed package."""

    def __init__(self, submission: Submission) -> None:
        self._files = {file.stem: file for file in submission.files}

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """A spec for a sibling, or None."""
        return (
            importlib.machinery.ModuleSpec(name, self, origin=self._files[name].path) if name in self._files else None
        )

    def get_source(self, fullname: str) -> str:
        """The text of the sibling (for tracebacks)."""
        return text_of(self._files[fullname])

    def get_code(self, fullname: str) -> CodeType:
        """The compiled sibling."""
        return compile_file(self._files[fullname])
