"""One file of a submission: decode it, compile it, and find the names that it binds.

All of this is done in the sandbox, in the process that runs the file, because a hostile file can crash a parser.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from opcode import opmap
from pathlib import PurePosixPath
from types import CodeType

from grader.core.outcomes import Raised, Unreadable
from grader.core.reasons import Code, Reason, UnreadableError
from grader.core.source_encoding import UTF_8, DecodedSource, decode_source
from grader.execution.guest.student_code.notebook_code import is_json
from grader.execution.guest.student_code.raised_errors import source_line

STORES = (opmap["STORE_NAME"], opmap["STORE_GLOBAL"])
IMPORTS = (opmap["IMPORT_NAME"], opmap["IMPORT_FROM"])
EXTENDED_ARG = opmap["EXTENDED_ARG"]


@dataclass(frozen=True)
class SourceFile:
    """One file of a submission.

    path: the path inside the submission, or on disk.
    data: the unchanged bytes of the file; for a notebook whose cells were extracted, the joined text of its code cells.
    cells: the code cells of a notebook.
    strict: True to accept only an encoding that Python itself can read; False to recognize other encodings, too.
    """

    path: str
    data: bytes
    cells: tuple[Cell, ...] = ()
    strict: bool = False

    @cached_property
    def stem(self) -> str:
        """The file name without its extension."""
        return PurePosixPath(self.path.replace("\\", "/")).stem

    @property
    def parts(self) -> Sequence[SourceFile]:
        """The units that are compiled: the file itself, or the cells of a notebook."""
        return self.cells or [self]

    @property
    def is_notebook(self) -> bool:
        """Whether the file is a Jupyter notebook, by its name."""
        return self.path.lower().endswith(".ipynb")

    @cached_property
    def decoded(self) -> DecodedSource:
        """The text and its encoding. Raises UnreadableError."""
        is_valid = is_json if self.is_notebook else self._compiles
        return decode_source(self.data, is_valid, strict=self.strict, notebook=self.is_notebook)

    @property
    def code(self) -> str:
        """The source to compile. The source is decoded text, so a coding line in it has no effect.

        Raises UnreadableError.
        """
        return self.decoded.text

    def _compiles(self, text: str) -> bool:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # `compile_source` compiles the text again, and then warns
                compile(text, self.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        return True


@dataclass(frozen=True)
class Cell(SourceFile):
    """One code cell of a notebook.

    The path of a cell is the path of the notebook with the number of the cell: "hw.ipynb[3]".
    """

    @property
    def code(self) -> str:
        """The source to compile; a notebook's cell has no coding line."""
        return self.data.decode("utf-8", "surrogatepass")


def compile_source(file: SourceFile) -> CodeType | Raised | Unreadable:
    """Compile a file or a cell. Return its code, or the error with its line, or the reason why it cannot be decoded."""
    try:
        text = file.code
    except UnreadableError as error:
        return Unreadable((error.about(file.path),))
    if "\0" in text:
        line = text[: text.index("\0")].replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
        return unreadable(Code.NULL_BYTES, file=file.path, line=line)
    try:
        return compile(text, file.path, "exec", dont_inherit=True)
    except SyntaxError as error:
        place = source_line(file.path, error.lineno or 1, (error.text or "").strip(), error.offset or 0)
        return Raised(type(error).__name__, str(error.msg)[:200], place)
    except (ValueError, RecursionError, MemoryError) as error:
        return Raised(type(error).__name__, f"{file.path} cannot be parsed: {error}"[:200])


def parse_source(file: SourceFile) -> list[ast.stmt]:
    """Return the syntax trees of the statements of a file or a cell. The file or cell must compile."""
    return ast.parse(file.code, file.path).body


def encodings_of(files: Sequence[SourceFile]) -> dict[str, str]:
    """Return the encoding of each file that is text in another encoding than UTF-8, by the path of the file."""
    found = {}
    for file in files:
        with suppress(UnreadableError):
            found[file.path] = file.decoded.encoding
    return {path: encoding for path, encoding in found.items() if encoding != UTF_8}


def decode_text(file: SourceFile) -> str:
    """Return the text of a file for messages, with undecodable bytes replaced."""
    try:
        return file.code
    except UnreadableError:
        return file.data.decode("utf-8", "replace")


def is_reserved(name: str) -> bool:
    """Return whether Python reserves a name for itself. Python adds such names to a module: `__annotate__` in 3.14."""
    return name.startswith("__") and name.endswith("__")


def find_bound_names(code: CodeType) -> frozenset[str]:
    """Return the names that a module binds at module level, also inside `if`, `try` and `with`.

    The result contains neither imported names nor names that Python reserves. This function reads the compiled code,
    because parsing the source into a syntax tree would double the time and cause a thousand page faults.
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
    return frozenset(name for name in found if not is_reserved(name))


def unreadable(code: Code, **facts: str | int) -> Unreadable:
    """Return the outcome of a file that cannot be read or chosen: a person must look at the files."""
    return Unreadable((Reason.of(code, **facts),))
