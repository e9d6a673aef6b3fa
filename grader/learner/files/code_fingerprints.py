"""Fingerprints of functions: a function's checks must run again only if its fingerprint changed."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping


class FileFingerprints:
    """Fingerprints of the functions of one file.

    A fingerprint covers the function, all statements of the file outside of definitions, and each definition that the
    function or these statements name, directly or through other definitions. If the file imports one of the learner's
    other files, the fingerprint also covers the bytes of all the other files. In the function's own file, comments,
    blank lines and line numbers do not count.
    """

    def __init__(self, tree: ast.Module, other_files: Mapping[str, bytes]) -> None:
        """`other_files` maps the module names of the learner's other files to their content."""
        self._definitions: dict[str, list[tuple[str, set[str]]]] = {}
        self._statements: list[tuple[str, set[str]]] = []
        for node in tree.body:
            part = ast.dump(node), _names(node)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self._definitions.setdefault(node.name, []).append(part)
            else:
                self._statements.append(part)
        imported = {name.partition(".")[0] for node in ast.walk(tree) for name in _imports(node)}
        imports_other = bool(imported & other_files.keys())
        self._other_files = b"".join(other_files[name] for name in sorted(other_files)) if imports_other else b""

    def fingerprint_of(self, function: str) -> str:
        """Return the fingerprint of a function: 64 hex digits."""
        digest = hashlib.sha256(self._other_files)
        for text, _ in self._statements:
            digest.update(text.encode())
        for text in self._definition_texts(function):
            digest.update(text.encode())
        return digest.hexdigest()

    def _definition_texts(self, function: str) -> Iterator[str]:
        """Yield the function, and each definition that it or a statement of the file names, directly or indirectly."""
        pending = [function, *(name for _, names in self._statements for name in sorted(names))]
        done: set[str] = set()
        while pending:
            name = pending.pop()
            if name in done:
                continue
            done.add(name)
            for text, names in self._definitions.get(name, ()):
                yield text
                pending += sorted(names)


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
