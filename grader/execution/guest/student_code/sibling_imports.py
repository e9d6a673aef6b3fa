"""Let the files of a submission import each other, although they are not on disk."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
from types import CodeType

from grader.core.reasons import UnreadableError
from grader.execution.guest.student_code.source_file import decode_text
from grader.execution.guest.student_code.submitted_modules import SubmittedModules


class SiblingFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finder that lets submitted files import each other by their stems.

    Append the finder to `sys.meta_path`: as the last finder it hides no installed package.
    """

    def __init__(self, submission: SubmittedModules) -> None:
        self._files = {file.stem: file for file in submission.files}

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for a submitted file, or None for other modules."""
        return (
            importlib.machinery.ModuleSpec(name, self, origin=self._files[name].path) if name in self._files else None
        )

    def get_source(self, fullname: str) -> str:
        """Return the text of a submitted file, for tracebacks."""
        return decode_text(self._files[fullname])

    def get_code(self, fullname: str) -> CodeType:
        """Return the compiled code of a submitted file. Raises SyntaxError, also if the file cannot be decoded."""
        file = self._files[fullname]
        try:
            return compile(file.code, file.path, "exec", dont_inherit=True)
        except UnreadableError:
            raise SyntaxError(f"{file.path} cannot be decoded") from None
