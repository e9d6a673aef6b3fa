"""The error for a student without torch: one line instead of the traceback of a failed import."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from grader.core.errors import GraderError
from grader.course.discovery import PUBLIC

REQUIREMENTS = "requirements.txt"
"""File of a hand-out that lists the packages it needs."""


def missing_torch() -> GraderError | None:
    """Return the error that says how to install torch; None if torch is installed. Torch is not imported."""
    if find_spec("torch") is not None:
        return None
    return GraderError(
        "torch is not installed for {python}. Install it: {python} -m pip install {packages}",
        python=sys.executable or "python",
        packages=_packages(Path.cwd()),
    )


def _packages(start: Path) -> str:
    """Return the arguments for `pip install`: the requirements of the hand-out at or above `start`, or torch alone."""
    for folder in (start, *start.parents):
        if (folder / PUBLIC).is_dir():
            if not (folder / REQUIREMENTS).is_file():
                break
            return f"-r {REQUIREMENTS}" if folder == start else f'-r "{folder / REQUIREMENTS}"'
    return "torch"
