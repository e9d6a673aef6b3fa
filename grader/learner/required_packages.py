"""What must be installed before a check can run, said in one line before anything fails on it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from grader.core.errors import GraderError


def missing_torch() -> GraderError | None:
    """What to do when this Python has no torch; None when it has."""
    if find_spec("torch") is not None:
        return None
    return GraderError(
        "torch is not installed for {python}. Install it: {python} -m pip install torch",
        python=sys.executable or "python",
    )
