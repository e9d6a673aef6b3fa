"""The checks of this project in a form that other graders can call: `Checks.right` returns whether an answer passes.

To compare graders fairly, `Checks.right` must cost no additional time. So it does not read the course, but only the
experiments, and a table with the outcomes of the solution.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from grader.core.comparison import Tolerance, find_differences
from grader.core.outcome_encoding import outcome_from_plain
from grader.core.outcomes import Observed
from grader.course.goldens import PUBLIC_SEED
from grader.course.library import Library
from grader.experiments.declaration import Experiment

TABLE = "checks.json"


class Row(msgspec.Struct, frozen=True):
    """One check: the file of its experiment, the outcome of the solution, and the tolerance of the comparison."""

    file: str
    expected: list[Any]
    rtol: float
    atol: float
    at_most: dict[str, float]


def write_table(library: Library, functions: list[str], folder: Path) -> dict[str, str]:
    """Write the table that `Checks` reads, for the public checks of some functions.

    Return the name of the exercise of each check.
    """
    rows, home = {}, {}
    for function in functions:
        exercise = library.course.exercise_of[function]
        golden = msgspec.json.decode((exercise.files[0].parent / "golden" / f"{exercise.name}.json").read_bytes())
        for check in exercise.checks_of(function):
            tolerance = check.tolerance
            limits = tolerance.rtol, tolerance.atol, dict(tolerance.at_most)
            rows[check.id] = Row(str(exercise.files[0]), golden["expected"][check.id], *limits)
            home[check.id] = exercise.name
    (folder / TABLE).write_bytes(msgspec.json.encode(rows))
    return home


class Checks:
    """The checks in the table of a folder. A file of experiments is loaded when its first check runs."""

    def __init__(self, folder: str) -> None:
        self._rows = msgspec.json.decode((Path(folder) / TABLE).read_bytes(), type=dict[str, Row])
        self._experiments: dict[str, dict[str, Experiment]] = {}

    def right(self, check: str, answer: Callable[..., Any]) -> bool:
        """Return whether an answer passes a check."""
        from grader.execution.guest.experiment_files import load_file
        from grader.execution.guest.observation import observe

        row, function = self._rows[check], check.partition("::")[0]
        if row.file not in self._experiments:
            self._experiments[row.file] = load_file(row.file)
        found = observe({function: answer}, function, self._experiments[row.file][check], PUBLIC_SEED)
        expected = outcome_from_plain(row.expected)
        if not isinstance(found, Observed) or not isinstance(expected, Observed):
            return False
        return not find_differences(found.values, expected.values, Tolerance(row.rtol, row.atol, row.at_most))
