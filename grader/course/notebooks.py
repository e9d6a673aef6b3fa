"""Make the notebook of an exercise: its lesson, and for each function a cell with its code and a cell that checks it.

The students' notebook contains the stubs. The notebook for nbgrader's source folder contains the solution between
nbgrader's marks, and a hidden call of `learner.nbgrader_cell.score` in each cell that checks a function. No notebook
contains the code of a check.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from grader.core.errors import UsageError
from grader.core.text import Text
from grader.course.docstrings import keep_language
from grader.course.lessons import END, START, Example
from grader.course.library import ExerciseFiles
from grader.course.source_parts import split_source

CHECK_CELL_ID = "check_{function}"
"""nbgrader's id of the cell that checks a function. The id of the cell with the answer is the function's name."""

SCORING_CODE = """\
### BEGIN HIDDEN TESTS
from grader.learner.nbgrader_cell import score
score("{function}", globals(){language})
### END HIDDEN TESTS"""
"""Code in the cell that checks a function. nbgrader runs this code, and removes it from the students' notebook."""

INSTRUCTIONS = Text(
    en="Run the next cell first. Then write each answer in the place of `raise NotImplementedError`, run its cell, "
    "and run the check below it.",
    zh="请先运行下面这一格；然后把每个 `raise NotImplementedError` 换成你的实现，运行该单元格，再运行它下面的检查。",
)
"""First text of a notebook.

This text is not in the translation catalog: a notebook must not depend on the language of the person who makes it.
"""


@dataclass(frozen=True)
class Edition:
    """Variant of a notebook.

    language: only language of the texts and docstrings; None for all languages of the exercise.
    source: True for a notebook with the solution, for the source folder of nbgrader.
    """

    language: str | None = None
    source: bool = False


def make_notebook(files: ExerciseFiles, edition: Edition) -> bytes:
    """Return the file content of an exercise's notebook. Equal input gives equal bytes.

    Raises UsageError if nbformat is not installed.
    """
    nbformat = _nbformat()
    notebook = nbformat.v4.new_notebook(cells=_Cells(files, edition, nbformat).all(), metadata=_METADATA)
    nbformat.validate(notebook)
    return (str(nbformat.writes(notebook, version=4)).rstrip("\n") + "\n").encode()


def _nbformat() -> Any:
    """Return the module nbformat, which is imported here because only authors who make notebooks have installed it."""
    try:
        return import_module("nbformat")
    except ImportError:
        cure = "pip install 'autograded[notebook]'"
        raise UsageError("Notebooks need nbformat, which is not installed. Install it: {cure}", cure=cure) from None


_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class _Cells:
    """Builds the cells of one notebook. Cell ids come from names of functions and sections, so they never change."""

    def __init__(self, files: ExerciseFiles, edition: Edition, nbformat: Any) -> None:
        self._files, self._edition, self._new = files, edition, nbformat.v4
        self._languages = (edition.language,) if edition.language else files.exercise.languages
        self._cells: list[Any] = []

    def all(self) -> list[Any]:
        """Return all cells in order."""
        exercise = self._files.exercise
        source = self._files.solution if self._edition.source else self._files.stub
        parts = split_source(keep_language(source, self._edition.language), exercise.points)
        self._markdown("title", f"# {exercise.title.joined(self._languages, ' · ')}")
        self._text("how", INSTRUCTIONS)
        self._code("setup", f"{parts.setup}\n\nfrom grader import check".strip("\n"))
        self._section(START)
        for function, points in exercise.points.items():
            worth = Text(en=f"{points} point{'s' * (points != 1)}", zh=f"{points} 分")
            self._markdown(f"{function}-title", f"## `{function}` ({worth.joined(self._languages, ' · ')})")
            self._section(function)
            self._answer(function, parts.functions[function])
            self._check(function, points)
        self._section(END)
        return self._cells

    def _section(self, name: str) -> None:
        for number, cell in enumerate(self._files.lesson.cells(name), 1):
            match cell:
                case Text():
                    self._text(f"{name}-{number}", cell)
                case Example(code):
                    self._code(f"{name}-{number}", code)

    def _text(self, name: str, text: Text) -> None:
        self._markdown(name, text.joined(self._languages, "\n\n"))

    def _markdown(self, name: str, text: str) -> None:
        self._cells.append(self._new.new_markdown_cell(text, id=_cell_id(name)))

    def _code(self, name: str, code: str, **metadata: object) -> None:
        self._cells.append(self._new.new_code_cell(code, id=_cell_id(name), metadata=metadata))

    def _answer(self, function: str, code: str) -> None:
        self._code(function, code, nbgrader=_nbgrader(function, solution=True))

    def _check(self, function: str, points: int) -> None:
        language = f', lang="{self._edition.language}"' if self._edition.language else ""
        code = f"check({function}{language})"
        if self._edition.source:
            code += "\n" + SCORING_CODE.format(function=function, language=language)
        name = CHECK_CELL_ID.format(function=function)
        kinds = _nbgrader(name, grade=True, locked=True) | {"points": points}
        self._code(name, code, nbgrader=kinds, deletable=False, editable=False)


def _nbgrader(name: str, **kinds: bool) -> dict[str, object]:
    """Return nbgrader's metadata for a cell (schema 3). `kinds` are the flags to set; all other flags are False."""
    plain = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"schema_version": 3, "grade_id": name, **plain, **kinds}


def _cell_id(name: str) -> str:
    """Return a name as a valid cell id: at most 64 letters, digits, hyphens and underscores."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)[-64:]
