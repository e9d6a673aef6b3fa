"""Targets: source files and notebooks, whose text the grader decodes and shows."""

from contextlib import suppress
from functools import cache

from grader.core.reasons import UnreadableError
from grader.core.source_encoding import coding_line, decode_source, encoding_remark, is_plain, readable_text
from grader.execution.guest.student_code.notebook_code import is_json, notebook_cells, notebook_source
from grader.submissions.csv_encodings import decode_file
from tests import downloads
from tests.fuzz.target import Target
from tests.tools import ROOT, SOLUTION, TESTS

SOURCE = "# coding: gbk\nimport torch\n\ndef f(x):\n    return '均方误差' * x  # 注释\n"
WORDS = (b"# coding: latin-1\n", b"# -*- coding: utf-16 -*-\n", b"coding=", b"utf_8", b"punycode", b"rot13", b"\r\n")
NOTEBOOK_WORDS = (
    b"%matplotlib inline\\n",
    b"!ls\\n",
    b"x = !ls",
    b"torch.relu?",
    b"%%bash\\n",
    b"cells",
    b"worksheets",
)


def read_source(data: bytes) -> None:
    """Decode a source file in every way in which the grader does it, strictly and tolerantly."""
    coding_line(data)
    is_plain(data)
    decode_file(data)
    for notebook in (False, True):
        text = readable_text(data, notebook=notebook)
        assert isinstance(text, str)
        for strict in (False, True):
            with suppress(UnreadableError):
                found = decode_source(data, is_json if notebook else None, strict=strict, notebook=notebook)
                encoding_remark("a.ipynb" if notebook else "a.py", data, found.encoding)


def read_notebook(data: bytes) -> None:
    """Extract the code of a notebook, as text for people and as cells for the child process."""
    text = readable_text(data, notebook=True)
    for read in (notebook_source, notebook_cells):
        with suppress(ValueError):
            read(text)


def source_files() -> list[bytes]:
    """Return a source file in several encodings, and hostile source files."""
    encodings = ("utf-8", "gbk", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030")
    hostile = sorted((TESTS / "attacks").glob("13*_source_*.py"))
    return [SOURCE.encode(encoding) for encoding in encodings] + [path.read_bytes() for path in hostile]


@cache
def notebooks() -> list[bytes]:
    """Return notebooks of the course, small ones, and one with magics."""
    magics = "%matplotlib inline\n!pip install x\nfiles = !ls\nfor i in range(3):\n    %timeit i\ntorch.relu?\n"
    old = b'{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\\n", "y"]}]}]}'
    course = sorted((ROOT / "exercises/notebooks").glob("*.ipynb"))[:2]
    return [downloads.notebook(text).encode() for text in (SOLUTION, magics, "%%bash\nls")] + [
        old,
        *(path.read_bytes()[:20_000] for path in course),
    ]


TARGETS = (
    Target("source", read_source, source_files, words=WORDS),
    Target("notebook", read_notebook, notebooks, words=NOTEBOOK_WORDS),
)
