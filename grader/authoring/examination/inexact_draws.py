"""Find small random tensors in public checks whose range contains too few exact numbers (`experiments.given`).

To find them, the public experiments run once more on the solution, in this process. These runs need no time limit,
because the workers have already run the same experiments within the time limit.
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
    """Yield "CHECK: NAME in [low, high)" for each small random tensor in the public checks that is not exact."""
    solution = ModuleType("solution")
    exec(compile(files.solution, files.file, "exec", dont_inherit=True), solution.__dict__)
    for check, experiment in load_file(str(files.exercise.files[0])).items():
        if check.startswith(f"{function}::"):
            given = Given(PUBLIC_SEED, check)
            # After an exception, use the tensors that were drawn before it.
            with warnings.catch_warnings(), contextlib.suppress(Exception):
                warnings.simplefilter("ignore")
                experiment(getattr(solution, function), given)
            yield from (f"{check}: {draw}" for draw in given.inexact)
