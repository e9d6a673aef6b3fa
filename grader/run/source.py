"""A submission's source in the process that runs it: find the functions by name, run the files that define them.

Parsing is done here, next to the student's code, because a hostile file can blow up a parser.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from opcode import opmap
from pathlib import PurePosixPath
from types import CodeType, ModuleType
from typing import Any

from grader.core.definitions import definition, files_that_count, is_stub
from grader.core.outcomes import Located, Missing, Raised, Refused
from grader.run.inert import INERT
from grader.run.notebook import notebook_cells
from grader.run.raised_errors import line_in, raised
from grader.run.running import student_code

STORES = (opmap["STORE_NAME"], opmap["STORE_GLOBAL"])
IMPORTS = (opmap["IMPORT_NAME"], opmap["IMPORT_FROM"])
EXTENDED_ARG = opmap["EXTENDED_ARG"]


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
    def parts(self) -> Sequence[SourceFile]:
        """What is compiled by itself: the file, or the cells of a notebook."""
        return self.cells or [self]

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
    """The files of one student, and what became of them when they were compiled and run.

    `codes` holds every sound file and every sound cell of a notebook, `names` what each file binds at module level. As
    in Jupyter, what is wrong with one cell does not stop the next.
    """

    files: Sequence[SourceFile]
    codes: dict[str, CodeType] = field(default_factory=dict)
    names: dict[str, frozenset[str]] = field(default_factory=dict)
    broken: dict[str, Raised | Refused] = field(default_factory=dict)
    modules: dict[str, ModuleType] = field(default_factory=dict)
    failures: dict[str, Raised] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.files = [self._as_python(file) for file in self.files]
        for file in self.files:
            if file.path in self.broken:
                continue
            for part in file.parts:  # a notebook is what its sound cells bind, and also broken if one of them is
                result = compiled(part)
                if isinstance(result, CodeType):
                    self.codes[part.path] = result
                    self.names[file.path] = self.names.get(file.path, frozenset()) | names_bound(result)
                else:
                    self.broken.setdefault(file.path, result)

    @cached_property
    def trees(self) -> Mapping[str, ast.Module]:
        """The syntax tree of every file that has sound parts, without the others. Running them needs none."""
        return {
            file.path: ast.Module([node for part in file.parts if part.path in self.codes for node in _tree(part)], [])
            for file in self.files
            if file.path in self.names
        }

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
        for path, names in self.names.items():
            for name in names & homes.keys():
                defined.setdefault(name, []).append(path)
        return {function: self._locate(function, home, defined.get(function, [])) for function, home in homes.items()}

    def _locate(self, function: str, home: str, files: list[str]) -> Located:
        at_home = [file.path for file in self.files if file.stem == home]
        # A whole hand-out has the answer in the notebook and the stub in the file, or the other way round.
        counting = files_that_count(files, at_home, lambda path: self._has_stub(path, function))
        if len(counting) == 1:
            return Located(counting[0])
        if len(counting) > 1:
            names = ", ".join(counting)
            return Located(problem=Refused(f"defined in several files ({names}): which one counts?", human=True))
        # A broken file may be the one that defines the function: its stub file, or any when there is no stub file.
        for path in at_home or self.broken:
            if path in self.broken:
                return Located(path, self.broken[path])
        return Located(problem=Missing("no submitted file defines it"))

    def _has_stub(self, path: str, function: str) -> bool:
        node = definition(self.trees[path], function)
        return node is not None and is_stub(node)

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
        for part in file.parts:
            if part.path in self.codes:
                self._run(part, module)
        for cell in file.cells:  # it may stand above the cell that it needs: its author ran them in another order
            failure = self.failures.get(cell.path)
            if failure and failure.error == "NameError" and not names_bound(self.codes[cell.path]) <= {*vars(module)}:
                del self.failures[cell.path]
                self._run(cell, module)
        return self.failures.get(path)

    def _run(self, part: SourceFile, module: ModuleType) -> None:
        """Run a file, or one cell, in its module."""
        lines = text_of(part).splitlines(keepends=True)
        linecache.cache[part.path] = (len(part.data), None, lines, part.path)
        try:
            with student_code():
                exec(self.codes[part.path], module.__dict__)
        except BaseException as error:  # noqa: BLE001  (whatever a student's module raises, SystemExit too)
            self.failures[part.path] = raised(error, self.own_files)

    def function(self, name: str, located: Located) -> Any:
        """The callable of that name, or the outcome that says what stands there instead."""
        found = self.modules[located.file].__dict__.get(name)
        if callable(found):
            return found
        file = next(file for file in self.files if file.path == located.file)
        for cell in file.cells:  # the cell that would have defined it
            failure = self.failures.get(cell.path)
            if failure and name in names_bound(self.codes[cell.path]):
                return failure
        return Missing(f"{located.file} leaves no function of that name behind")


def module_name(stem: str) -> str:
    """A module name for a file that hides no module already imported, such as torch."""
    return stem if stem.isidentifier() and stem not in sys.modules else f"submitted_{abs(hash(stem))}"


def compiled(file: SourceFile) -> CodeType | Raised | Refused:
    """The code of a file or a cell under its own path, or what is wrong: the line and column, or the encoding."""
    if file.data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Refused(f"{file.path} is UTF-16 text: save it as UTF-8 and hand it in again", human=True)
    if b"\0" in file.data:
        return Refused(f"{file.path} holds null bytes: it is no Python text", human=True)
    try:
        return compile(file.code, file.path, "exec", dont_inherit=True)
    except SyntaxError as error:
        if not error.lineno or "codec can't decode" in str(error.msg):
            return Refused(
                f"{file.path} cannot be decoded ({error.msg}): save it as UTF-8 and hand it in again", human=True
            )
        place = f"{line_in(file.path, error.lineno)}, column {error.offset}: {(error.text or '').strip()}"[:120]
        return Raised(type(error).__name__, str(error.msg)[:200], place)
    except (ValueError, RecursionError, MemoryError) as error:
        return Raised(type(error).__name__, f"{file.path} cannot be parsed: {error}"[:200])


def _tree(sound: SourceFile) -> list[ast.stmt]:
    return ast.parse(sound.code, sound.path).body


def text_of(file: SourceFile) -> str:
    """The text of a file for messages; what cannot be decoded is replaced."""
    if isinstance(file, Cell):
        return file.code
    try:
        return importlib.util.decode_source(file.data)
    except (SyntaxError, UnicodeDecodeError):
        return file.data.decode("utf-8", "replace")


def names_bound(code: CodeType) -> frozenset[str]:
    """Every name that a module binds itself, inside `if`, `try` and `with` too; what it only imports is not its own.

    Read from the code that is run anyway: a syntax tree takes as long again, and a thousand page faults.
    """
    found, argument, before = set(), 0, 0
    for instruction, number in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        argument |= number
        if instruction == EXTENDED_ARG:
            argument <<= 8
            continue
        if instruction in STORES and before not in IMPORTS:
            found.add(code.co_names[argument])
        argument, before = 0, instruction
    return frozenset(found)


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
        file = self._files[fullname]
        return compile(file.code, file.path, "exec", dont_inherit=True)
