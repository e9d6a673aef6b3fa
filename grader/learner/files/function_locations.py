"""Locate the functions of a learner: in which file and line each one is defined, without running a file.

Theory of operation
    All Python files are read together, because they may import each other; each notebook is read separately. If several
    files define a function, `core.defining_files.choose_defining_files` chooses among them, as in grading. If more
    than one file remains, grading chooses none, but this module takes the file that was saved last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.core.defining_files import choose_defining_files, find_definition, is_stub
from grader.core.outcomes import Missing, Raised, Unreadable
from grader.course.stubs import signature
from grader.execution.guest.student_code.source_file import SourceFile
from grader.execution.guest.student_code.submitted_modules import SubmittedModules
from grader.learner.files.code_fingerprints import FileFingerprints

NOTEBOOK = ".ipynb"


@dataclass(frozen=True)
class FunctionLocation:
    """Where a function is defined, or why it cannot run.

    file: path of the file; empty if no file defines the function.
    line: first line of the definition.
    fingerprint: changes whenever an edit may change the outcome of the function's checks.
    stub: True if the function is still the unchanged stub.
    decorated: True if the function has decorators. The checks of a decorated stub must run, since a decorator may
        replace the stub with another function.
    signature: the `def` line without the colon; empty if no `def` defines the function.
    problem: why the function cannot run; None if it can.
    """

    file: str = ""
    line: int = 0
    fingerprint: str = ""
    stub: bool = False
    decorated: bool = False
    signature: str = ""
    problem: Missing | Unreadable | Raised | None = None


def locate_functions(
    files: Mapping[str, bytes], saved_at: Mapping[str, float], module_of: Mapping[str, str]
) -> dict[str, FunctionLocation]:
    """Return the location of each function of `module_of`.

    files: contents by path.
    saved_at: modification time of each file in seconds.
    module_of: the module (stub file without .py) that each function belongs in.
    """
    python = {path: content for path, content in files.items() if not path.endswith(NOTEBOOK)}
    locators = [_Locator(python, module_of)]
    locators += [_Locator({path: files[path]}, module_of, notebook=True) for path in files if path not in python]
    modules = {Path(path).stem for path in python}
    locations = {}
    for function, module in module_of.items():
        candidates = [location for locator in locators if (location := locator.locate(function)) is not None]
        if module in modules:  # if the exercise's .py file exists, ignore stubs in notebooks
            candidates = [c for c in candidates if not (c.stub and c.file.endswith(NOTEBOOK))]
        locations[function] = _choose(candidates, module, saved_at) if candidates else FunctionLocation()
    return locations


def defines_any(path: str, content: bytes, functions: Sequence[str]) -> bool:
    """Return True if a file defines one of the functions, or if it cannot be parsed."""
    names = SubmittedModules([SourceFile(path, content)]).names.get(path)
    return names is None or not names.isdisjoint(functions)


def _choose(candidates: Sequence[FunctionLocation], module: str, saved_at: Mapping[str, float]) -> FunctionLocation:
    """Return the location of the definition to check.

    If `choose_defining_files` leaves several files, it is the file that was saved last. If no candidate has a file, it
    is the first candidate.
    """
    by_file = {location.file: location for location in candidates if location.file}
    if not by_file:
        return candidates[0]
    named_like_stub = [file for file in by_file if Path(file).stem == module]
    files = choose_defining_files(list(by_file), named_like_stub, lambda file: by_file[file].stub)
    return by_file[max(files, key=lambda file: saved_at.get(file, 0.0))]


@dataclass
class _Locator:
    """Locates functions in files that are read together: all Python files, or a single notebook."""

    files: Mapping[str, bytes]
    module_of: Mapping[str, str]
    notebook: bool = False
    _fingerprints: dict[str, FileFingerprints] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._submission = SubmittedModules([SourceFile(path, content) for path, content in self.files.items()])
        self._located = self._submission.locate(self.module_of)

    def locate(self, function: str) -> FunctionLocation | None:
        """Return the location of a function; None if these files are a notebook of another exercise."""
        located = self._located[function]
        tree = self._submission.trees.get(located.file)
        if tree is None or located.problem:
            return self._locate_problem(function)
        node = find_definition(tree, function)
        if located.file not in self._fingerprints:
            others = {Path(path).stem: content for path, content in self.files.items() if path != located.file}
            self._fingerprints[located.file] = FileFingerprints(tree, others)
        fingerprint = self._fingerprints[located.file].fingerprint_of(function)
        if node is None:
            return FunctionLocation(located.file, 1, fingerprint)
        decorated = bool(node.decorator_list)
        return FunctionLocation(located.file, node.lineno, fingerprint, is_stub(node), decorated, signature(node))

    def _locate_problem(self, function: str) -> FunctionLocation | None:
        located = self._located[function]
        if self.notebook and isinstance(located.problem, Missing):
            return None
        if self.notebook and Path(located.file).stem != self.module_of[function]:
            return None  # an unreadable notebook matters only to the exercise of its name
        content = self.files.get(located.file, b"")
        return FunctionLocation(located.file, 1, hashlib.sha256(content).hexdigest(), problem=located.problem)
