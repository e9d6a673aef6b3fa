"""Repair the cells of a submitted notebook for the export to nbgrader, before nbgrader grades it.

nbgrader 0.9 grades the cells of a notebook, so three changes by a student cost points. A duplicated cell stops
nbgrader with a KeyError. A deleted check cell gets no score. A check cell above the last definition of its function
scores an older definition. `grader grade` does not depend on cells, so without these repairs the scores of nbgrader
would differ from those of `grader grade`.
"""

from __future__ import annotations

import re
from typing import Any

from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.course.notebooks import CHECK_CELL_ID


class OrderCells(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """Remove the metadata of duplicated cells, restore deleted check cells, move check cells below their functions."""

    def preprocess(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        """Repair a notebook, and return it. nbgrader calls this method on each of its preprocessors.

        The notebook is a copy; the file that the student submitted stays unchanged.
        """
        for cell in notebook.cells:
            if not cell.metadata.get("nbgrader", {}).get("grade_id"):
                cell.metadata.pop("nbgrader", None)
        info = resources["nbgrader"]
        with Gradebook(info["db_url"]) as gradebook:
            source = gradebook.find_notebook(info["notebook"], info["assignment"])
            points = {cell.name: cell.max_score for cell in source.grade_cells}
            for cell in source.source_cells:
                if cell.name in points and not any(_name(c) == cell.name for c in notebook.cells):
                    notebook.cells.append(_restored(cell, points[cell.name], notebook.nbformat_minor))
        for name in points:
            _put_below(notebook, name)
        return notebook, resources


def _name(cell: Any) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def _restored(cell: Any, points: float, minor: int) -> Any:
    """Return a new check cell for a deleted one; `cell` is its row in the gradebook, with the original source."""
    kinds = {"grade": True, "locked": True, "solution": False, "task": False, "cell_type": "code"}
    info = {"schema_version": 3, "grade_id": cell.name, "points": points, "checksum": cell.checksum, **kinds}
    new = new_code_cell(cell.source, metadata={"nbgrader": info})  # type: ignore[no-untyped-call]  # nbformat has no types
    if minor < 5:  # cells have no ids before format 4.5
        del new["id"]
    return new


def _put_below(notebook: Any, name: str) -> None:
    """Move the check cell `name` below the last cell that defines its function, if it is above that cell."""
    function = name.removeprefix(CHECK_CELL_ID.format(function=""))
    defines = re.compile(rf"^\s*(?:(?:async\s+)?def\s+{re.escape(function)}\b|{re.escape(function)}\s*=(?!=))", re.M)
    cells = notebook.cells
    place = next(index for index, cell in enumerate(cells) if _name(cell) == name)
    last = max((i for i, c in enumerate(cells) if c.cell_type == "code" and defines.search(c.source)), default=-1)
    if place < last:
        cells.insert(last, cells.pop(place))
