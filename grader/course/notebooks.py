"""Make the notebook of an exercise: its lesson, a cell for every function, and a check below each.

For students it holds the stubs. For nbgrader's source folder it holds the solution between nbgrader's own marks, and
in each cell of checks the call that scores, hidden: the checks themselves never stand in a notebook.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from grader.core.errors import UsageError
from grader.course.lessons import END, START, Example, Text
from grader.course.library import Shelf
from grader.course.source_parts import take_apart

BOTH = "both"
"""The language of a notebook that says everything in English and in Chinese."""

CHECK = "check_{function}"
"""The nbgrader id of the cell that scores a function; the answer's id is the function's name."""

SCORED = """\
### BEGIN HIDDEN TESTS
from grader.learner.nbgrader_cell import score
score("{function}", globals(){language})
### END HIDDEN TESTS"""
"""What nbgrader runs in a cell of checks, and cuts out of what students get."""

HOW = (
    "Run the next cell first. Then write each answer in the place of `raise NotImplementedError`, run its cell, "
    "and run the check below it.",
    "请先运行下面这一格；然后把每个 `raise NotImplementedError` 换成你的实现，运行该单元格，再运行它下面的检查。",
)
"""Stands in the notebook itself, English and Chinese: it must not depend on the reader's settings."""


@dataclass(frozen=True)
class Edition:
    """One way to print a notebook: its language (en, zh or both), and whether it is nbgrader's source."""

    language: str = BOTH
    source: bool = False


def make_notebook(shelf: Shelf, edition: Edition) -> bytes:
    """The bytes of an exercise's notebook, the same each time. Raises UsageError when nbformat is missing."""
    nbformat = _nbformat()
    notebook = nbformat.v4.new_notebook(cells=_Cells(shelf, edition, nbformat).all(), metadata=_METADATA)
    nbformat.validate(notebook)
    return (str(nbformat.writes(notebook, version=4)).rstrip("\n") + "\n").encode()


def _nbformat() -> Any:
    """The library of notebooks, which is loaded by who makes some."""
    try:
        return import_module("nbformat")
    except ImportError:
        cure = "pip install 'autograded[notebook]'"
        raise UsageError("notebooks are made with nbformat, which is not installed: {cure}", cure=cure) from None


_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class _Cells:
    """Builds the cells of one notebook, with ids that come from what they are."""

    def __init__(self, shelf: Shelf, edition: Edition, nbformat: Any) -> None:
        self._shelf, self._edition, self._new = shelf, edition, nbformat.v4
        self._cells: list[Any] = []

    def all(self) -> list[Any]:
        """Every cell in order."""
        exercise = self._shelf.exercise
        en, zh = exercise.title_en, exercise.title_zh
        parts = take_apart(self._shelf.solution if self._edition.source else self._shelf.stub, exercise.points)
        self._text(
            "title", f"# {exercise.title_en}", f"# {exercise.title_zh}", f"# {exercise.title_en} · {exercise.title_zh}"
        )
        self._text("how", *HOW)
        self._code("setup", f"{parts.setup}\n\nfrom grader import check".strip("\n"))
        self._section(START)
        for function, points in exercise.points.items():
            en, zh = f"{points} point{'s' * (points != 1)}", f"{points} 分"
            self._text(f"{function}-title", *(f"## `{function}` ({what})" for what in (en, zh, f"{en} · {zh}")))
            self._section(function)
            self._answer(function, parts.functions[function])
            self._check(function, points)
        self._section(END)
        return self._cells

    def _section(self, name: str) -> None:
        for number, cell in enumerate(self._shelf.lesson.cells(name), 1):
            match cell:
                case Text(en, zh):
                    self._text(f"{name}-{number}", en, zh)
                case Example(code):
                    self._code(f"{name}-{number}", code)

    def _text(self, name: str, en: str, zh: str, both: str = "") -> None:
        text = {"en": en, "zh": zh}.get(self._edition.language, both or f"{en}\n\n{zh}")
        self._cells.append(self._new.new_markdown_cell(text, id=_cell_id(name)))

    def _code(self, name: str, code: str, **metadata: object) -> None:
        self._cells.append(self._new.new_code_cell(code, id=_cell_id(name), metadata=metadata))

    def _answer(self, function: str, code: str) -> None:
        self._code(function, code, nbgrader=_nbgrader(function, solution=True))

    def _check(self, function: str, points: int) -> None:
        language = "" if self._edition.language == BOTH else f', lang="{self._edition.language}"'
        code = f"check({function}{language})"
        if self._edition.source:
            code += "\n" + SCORED.format(function=function, language=language)
        name = CHECK.format(function=function)
        kinds = _nbgrader(name, grade=True, locked=True) | {"points": points}
        self._code(name, code, nbgrader=kinds, deletable=False, editable=False)


def _nbgrader(name: str, **kinds: bool) -> dict[str, object]:
    """nbgrader's metadata of a cell, schema 3."""
    plain = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"schema_version": 3, "grade_id": name, **plain, **kinds}


def _cell_id(name: str) -> str:
    """A cell id: at most 64 letters, digits, - and _."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)[-64:]
