"""Locate functions by name in submitted files, and run the files that define them."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType, ModuleType
from typing import Any

from grader.core.defining_files import choose_defining_files, find_definition, is_stub
from grader.core.outcomes import Located, Missing, Raised, Unreadable
from grader.core.reasons import Code, Reason, UnreadableError
from grader.execution.guest.student_code.display_stubs import DISPLAY_STUB
from grader.execution.guest.student_code.notebook_code import notebook_cells
from grader.execution.guest.student_code.raised_errors import raised
from grader.execution.guest.student_code.running_flag import mark_student_code
from grader.execution.guest.student_code.source_file import (
    Cell,
    SourceFile,
    compile_source,
    decode_text,
    encodings_of,
    find_bound_names,
    parse_source,
    unreadable,
)


@dataclass
class SubmittedModules:
    """The files of one submission, with the results of compiling and running them.

    All mappings except `accepted` are by the path of a file or cell.

    codes: the code of each file or cell that compiles.
    names: the names that each file binds at module level.
    broken: the files that do not compile, or cannot be decoded.
    modules: the files that ran. As in Jupyter, an error in one cell does not stop the next cell.
    failures: the exceptions of files and cells that ran.
    encodings: the encoding of each file that is text in another encoding than UTF-8.
    accepted: for some functions the file that counts, chosen by a person among several files.
    """

    files: Sequence[SourceFile]
    codes: dict[str, CodeType] = field(default_factory=dict)
    names: dict[str, frozenset[str]] = field(default_factory=dict)
    broken: dict[str, Raised | Unreadable] = field(default_factory=dict)
    modules: dict[str, ModuleType] = field(default_factory=dict)
    failures: dict[str, Raised] = field(default_factory=dict)
    accepted: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.encodings = encodings_of(self.files)
        self.files = [self._extract_cells(file) for file in self.files]
        for file in self.files:
            if file.path in self.broken:
                continue
            for part in file.parts:  # a notebook may bind names although some of its cells are broken
                result = compile_source(part)
                if isinstance(result, CodeType):
                    self.codes[part.path] = result
                    self.names[file.path] = self.names.get(file.path, frozenset()) | find_bound_names(result)
                else:
                    self.broken.setdefault(file.path, result)

    @cached_property
    def trees(self) -> Mapping[str, ast.Module]:
        """The syntax tree of each file, without the cells that do not compile.

        The trees are made only when needed: running the files needs no tree.
        """
        return {
            file.path: ast.Module(
                [node for part in file.parts if part.path in self.codes for node in parse_source(part)], []
            )
            for file in self.files
            if file.path in self.names
        }

    def _extract_cells(self, file: SourceFile) -> SourceFile:
        """Return a notebook with its code cells; any other file unchanged."""
        if not file.is_notebook:
            return file
        try:
            texts = [cell.encode("utf-8", "surrogatepass") for cell in notebook_cells(file.code)]
        except UnreadableError as error:
            self.broken[file.path] = Unreadable((error.about(file.path),))
            return SourceFile(file.path, b"")
        except ValueError as error:
            self.broken[file.path] = unreadable(Code.BAD_NOTEBOOK, file=file.path, error=str(error))
            return SourceFile(file.path, b"")
        cells = tuple(Cell(f"{file.path}[{number}]", text) for number, text in enumerate(texts, 1))
        return SourceFile(file.path, b"\n\n".join(texts), cells)

    @property
    def own_files(self) -> frozenset[str]:
        """The file names in the stack frames of this submission's code."""
        return frozenset(part.path for file in self.files for part in (file, *file.cells))

    @property
    def module_names(self) -> frozenset[str]:
        """The names under which these files may be in `sys.modules`."""
        return frozenset({*(file.stem for file in self.files), *(m.__name__ for m in self.modules.values())})

    def locate(self, homes: Mapping[str, str]) -> dict[str, Located]:
        """Return the location of each function. `homes` maps a function to the stem of its stub file."""
        defined: dict[str, list[str]] = {}
        for path, names in self.names.items():
            for name in names & homes.keys():
                defined.setdefault(name, []).append(path)
        return {function: self._locate(function, home, defined.get(function, [])) for function, home in homes.items()}

    def _locate(self, function: str, home: str, files: list[str]) -> Located:
        at_home = [file.path for file in self.files if file.stem == home]
        # A submitted hand-out contains each function twice, in the notebook and in the .py file. The student fills in
        # one of them; the other is still the stub.
        counting = choose_defining_files(files, at_home, lambda path: self._has_stub(path, function))
        if (accepted := self.accepted.get(function)) in files:
            counting = [accepted]
        if len(counting) == 1:
            others = (file for file in files if file != counting[0] and not self._has_stub(file, function))
            return Located(counting[0], other_files=tuple(others))
        if len(counting) > 1:
            return Located(problem=unreadable(Code.SEVERAL_FILES, files=", ".join(counting)))
        # A file that does not compile may hold the function: the file named like the stub file, or else any file.
        for path in at_home or self.broken:
            if path in self.broken:
                return Located(path, self.broken[path])
        return Located(problem=Missing(Reason.of(Code.NOT_DEFINED)))

    def _has_stub(self, path: str, function: str) -> bool:
        node = find_definition(self.trees[path], function)
        return node is not None and is_stub(node)

    def load(self, path: str) -> Raised | None:
        """Run a file once, as a module named after it; return the exception that it raised, or None."""
        if path in self.modules:
            return self.failures.get(path)
        file = next(file for file in self.files if file.path == path)
        module = ModuleType(module_name(file.stem))
        module.__file__ = path
        self.modules[path] = module
        sys.modules[module.__name__] = module
        if file.cells:
            # Jupyter defines these two names for every notebook.
            module.__dict__.update(display=DISPLAY_STUB, get_ipython=DISPLAY_STUB)
        for part in file.parts:
            if part.path in self.codes:
                self._run(part, module)
        # The student may have run the cells in another order. So run a cell with a NameError once more: a later cell
        # may have defined the name.
        for cell in file.cells:
            failure = self.failures.get(cell.path)
            if (
                failure
                and failure.error == "NameError"
                and not find_bound_names(self.codes[cell.path]) <= {*vars(module)}
            ):
                del self.failures[cell.path]
                self._run(cell, module)
        return self.failures.get(path)

    def _run(self, part: SourceFile, module: ModuleType) -> None:
        """Run a file or a cell in its module.

        If the file or cell raises an exception, record the exception in `failures`.
        """
        lines = decode_text(part).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        linecache.cache[part.path] = (len(part.data), None, [f"{line}\n" for line in lines], part.path)
        try:
            with mark_student_code():
                exec(self.codes[part.path], module.__dict__)
        except BaseException as error:  # noqa: BLE001  (student code may raise anything, SystemExit too)
            self.failures[part.path] = raised(error, self.own_files)

    def function(self, name: str, located: Located) -> Any:
        """Return the function of this name, or the outcome that explains why it cannot be called."""
        found = self.modules[located.file].__dict__.get(name)
        if callable(found):
            return found
        file = next(file for file in self.files if file.path == located.file)
        for cell in file.cells:  # report the cell that failed before it defined the function
            failure = self.failures.get(cell.path)
            if failure and name in find_bound_names(self.codes[cell.path]):
                return failure
        return Missing(Reason.of(Code.NO_FUNCTION_LEFT, file=located.file))


def module_name(stem: str) -> str:
    """Return a name for the module of a file: its stem, or a made-up name if the stem is invalid or in use."""
    return stem if stem.isidentifier() and stem not in sys.modules else f"submitted_{abs(hash(stem))}"
