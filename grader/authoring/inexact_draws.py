"""Find small draws that could not be exact at the public seed, because their range holds too few exact numbers.

The public experiments run once on the solution, in this process: an author's own code, which the workers have already
observed within its time limit.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from types import ModuleType

from grader.course.library import ExerciseFiles
from grader.execution.guest.experiment_files import load_file
from grader.experiments.declaration import PUBLIC_SEED
from grader.experiments.given import Given


def inexact_draws(files: ExerciseFiles, function: str) -> Iterator[str]:
    """Yield "CHECK: NAME in [low, high)" for each small draw of a function's public checks that is not exact."""
    solution = ModuleType("solution")
    exec(compile(files.solution, files.file, "exec", dont_inherit=True), solution.__dict__)
    for check, experiment in load_file(str(files.exercise.files[0])).items():
        if check.startswith(f"{function}::"):
            given = Given(PUBLIC_SEED, check)
            with warnings.catch_warnings(), contextlib.suppress(Exception):  # what was drawn before it counts
                warnings.simplefilter("ignore")
                experiment(getattr(solution, function), given)
            yield from (f"{check}: {draw}" for draw in given.inexact)
