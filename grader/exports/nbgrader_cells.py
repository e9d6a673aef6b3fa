"""Puts the cells of a submitted notebook in order before nbgrader looks at them; nbgrader_config.py names it.

nbgrader 0.9 goes by the cells of a notebook, and three things that happen to cells cost points that were earned:
a duplicated cell stops the run (a KeyError), a deleted cell of checks is no score, and a cell of checks that stands
above the last definition of its function scores an older one. As for `grader grade`, what the author wrote counts.
"""

from __future__ import annotations

import re
from typing import Any

from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.course.notebooks import CHECK_CELL_ID


class OrderCells(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """Forget what nbgrader knew of duplicates; put every cell of checks below the last definition of its function."""

    def preprocess(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        """Change the notebook, which stands in autograded/ by now."""
        for cell in notebook.cells:
            if not cell.metadata.get("nbgrader", {}).get("grade_id"):
                cell.metadata.pop("nbgrader", None)
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            source = gradebook.find_notebook(about["notebook"], about["assignment"])
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
    """A cell of checks that was deleted, as it was handed out."""
    kinds = {"grade": True, "locked": True, "solution": False, "task": False, "cell_type": "code"}
    about = {"schema_version": 3, "grade_id": cell.name, "points": points, "checksum": cell.checksum, **kinds}
    new = new_code_cell(cell.source, metadata={"nbgrader": about})  # type: ignore[no-untyped-call]  # nbformat has none
    if minor < 5:  # cells had no ids before
        del new["id"]
    return new


def _put_below(notebook: Any, name: str) -> None:
    """Move a cell of checks below the last cell that defines its function, if it stands above."""
    function = name.removeprefix(CHECK_CELL_ID.format(function=""))
    defines = re.compile(rf"^\s*(?:(?:async\s+)?def\s+{re.escape(function)}\b|{re.escape(function)}\s*=(?!=))", re.M)
    cells = notebook.cells
    place = next(index for index, cell in enumerate(cells) if _name(cell) == name)
    last = max((i for i, c in enumerate(cells) if c.cell_type == "code" and defines.search(c.source)), default=-1)
    if place < last:
        cells.insert(last, cells.pop(place))
