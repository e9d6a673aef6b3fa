"""A learner's own files: where each function stands now, and a fingerprint of all that its checks can depend on.

Nothing is run. A function may stand in any file, in a notebook too; where several define it, `core.definitions`
says which counts, as it does in grading, and where it leaves several the file that was saved last.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.core.definitions import choose_defining_files, find_definition, is_stub
from grader.core.outcomes import Missing, Raised, Refused
from grader.core.reasons import Reason
from grader.course.stubs import signature
from grader.execution.guest.student_code.submitted_modules import SourceFile, SubmittedModules
from grader.submissions.submission import MAX_FILES, read_file, sources_below, why_unreadable

NOTEBOOK = ".ipynb"


@dataclass(frozen=True)
class DefinitionPlace:
    """Where a function stands, or the `problem` that keeps it from being run.

    `code` is a fingerprint of what can change its outcomes; `line` is where it begins (lines that move change messages
    only); a `decorated` stub must be called to know what it does; `signature` is its own first line, empty for what is
    no `def`.
    """

    file: str = ""
    line: int = 0
    code: str = ""
    stub: bool = False
    decorated: bool = False
    signature: str = ""
    problem: Missing | Refused | Raised | None = None


@dataclass(frozen=True)
class OwnFiles:
    """The files of a learner as they are now: their bytes, and the place of every function."""

    data: Mapping[str, bytes]
    places: Mapping[str, DefinitionPlace]
    unread: tuple[Reason, ...] = ()

    def group(self, functions: Sequence[str]) -> Iterator[tuple[tuple[tuple[str, bytes], ...], list[str]]]:
        """The functions to run together, with the files they need: all Python files, or a notebook and its helpers."""
        by_file: dict[str, list[str]] = {}
        for function in functions:
            file = self.places[function].file
            by_file.setdefault(file if file.endswith(NOTEBOOK) else "", []).append(function)
        python = {path: data for path, data in self.data.items() if not path.endswith(NOTEBOOK)}
        for notebook, members in by_file.items():
            if not notebook:
                yield tuple(python.items()), members
                continue
            rivals = {path for path, data in python.items() if _defines_any(path, data, members)}
            helpers = [(path, data) for path, data in python.items() if path not in rivals]
            yield ((notebook, self.data[notebook]), *helpers), members


def read_own_files(folder: Path, named: Sequence[Path], homes: Mapping[str, str]) -> OwnFiles:
    """Read a learner's files: those that are `named`, or all below the folder of exercises but the tests.

    `homes` maps every function to the stem of its stub file.
    """
    data: dict[str, bytes] = {}
    saved: dict[str, float] = {}
    unread: list[Reason] = []
    for path in named or [folder / name for name in sources_below(folder)][:MAX_FILES]:
        if not named and path.name.startswith(("test_", "conftest")):
            continue
        try:
            data[str(path)], saved[str(path)] = read_file(path), path.stat().st_mtime
        except FileNotFoundError:
            continue  # removed, or being replaced: the next event tells
        except (OSError, ValueError) as error:
            unread.append(why_unreadable(error).about(path.name))
    return OwnFiles(data, _places(data, saved, homes), tuple(unread))


def _places(
    data: Mapping[str, bytes], saved: Mapping[str, float], homes: Mapping[str, str]
) -> dict[str, DefinitionPlace]:
    python = {path: content for path, content in data.items() if not path.endswith(NOTEBOOK)}
    readers = [_Reader(python, homes)]
    readers += [_Reader({path: data[path]}, homes, alone=True) for path in data if path not in python]
    found = {}
    stems = {Path(path).stem for path in python}
    for function, home in homes.items():
        places = [place for reader in readers if (place := reader.place(function)) is not None]
        if home in stems:  # beside the exercise's own file a notebook says nothing until it holds an answer
            places = [place for place in places if not (place.stub and place.file.endswith(NOTEBOOK))]
        found[function] = _counting(places, home, saved) if places else DefinitionPlace()
    return found


def _counting(places: Sequence[DefinitionPlace], home: str, saved: Mapping[str, float]) -> DefinitionPlace:
    """Of several places of a function, return the one that is checked. Those of Python files come first."""
    by_file = {place.file: place for place in places if place.file}
    if not by_file:
        return places[0]
    named_like_stub = [file for file in by_file if Path(file).stem == home]
    files = choose_defining_files(list(by_file), named_like_stub, lambda file: by_file[file].stub)
    return by_file[max(files, key=lambda file: saved.get(file, 0.0))]


@dataclass
class _Reader:
    """Finds the functions in files that belong together: all Python files, or a notebook `alone`."""

    data: Mapping[str, bytes]
    homes: Mapping[str, str]
    alone: bool = False
    _codes: dict[str, Codes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._submission = SubmittedModules([SourceFile(path, content) for path, content in self.data.items()])
        self._located = self._submission.locate(self.homes)

    def place(self, function: str) -> DefinitionPlace | None:
        """Where the function stands; None for a notebook that says nothing about it."""
        located = self._located[function]
        tree = self._submission.trees.get(located.file)
        if tree is None or located.problem:
            return self._without_a_tree(function)
        node = find_definition(tree, function)
        if located.file not in self._codes:
            others = {Path(p).stem: content for p, content in self.data.items() if p != located.file}
            self._codes[located.file] = Codes(tree, others)
        code = self._codes[located.file].of(function)
        if node is None:
            return DefinitionPlace(located.file, 1, code)
        return DefinitionPlace(
            located.file, node.lineno, code, is_stub(node), bool(node.decorator_list), signature(node)
        )

    def _without_a_tree(self, function: str) -> DefinitionPlace | None:
        located = self._located[function]
        if self.alone and isinstance(located.problem, Missing):
            return None
        if self.alone and Path(located.file).stem != self.homes[function]:
            return None  # a broken notebook speaks for its own exercise alone
        content = self.data.get(located.file, b"")
        return DefinitionPlace(located.file, 1, hashlib.sha256(content).hexdigest(), problem=located.problem)


class Codes:
    """Fingerprints of the functions of one file: each with the definitions it mentions, and all other statements."""

    def __init__(self, tree: ast.Module, others: Mapping[str, bytes]) -> None:
        self._parts: dict[str, list[tuple[str, set[str]]]] = {}
        self._always: list[tuple[str, set[str]]] = []
        for node in tree.body:
            part = ast.dump(node), _names(node)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self._parts.setdefault(node.name, []).append(part)
            else:
                self._always.append(part)
        imported = {name.partition(".")[0] for node in ast.walk(tree) for name in _imports(node)}
        self._siblings = b"".join(others[stem] for stem in sorted(others)) if imported & others.keys() else b""

    def of(self, function: str) -> str:
        """The fingerprint of a function."""
        digest = hashlib.sha256(self._siblings)
        todo, seen = [function, *(name for _, names in self._always for name in sorted(names))], set()
        for text, _ in self._always:
            digest.update(text.encode())
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            for text, names in self._parts.get(name, ()):
                digest.update(text.encode())
                todo += sorted(names)
        return digest.hexdigest()


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def _defines_any(path: str, data: bytes, functions: Sequence[str]) -> bool:
    names = SubmittedModules([SourceFile(path, data)]).names.get(path)
    return names is None or not names.isdisjoint(functions)
