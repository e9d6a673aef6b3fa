"""One-line error for a student without torch, raised before an import fails with a traceback."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from grader.core.errors import GraderError


def missing_torch() -> GraderError | None:
    """Return the error that says how to install torch; None if torch is installed. Torch is not imported."""
    if find_spec("torch") is not None:
        return None
    return GraderError(
        "torch is not installed for {python}. Install it: {python} -m pip install torch",
        python=sys.executable or "python",
    )
