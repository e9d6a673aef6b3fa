"""What must be installed before a check can run, said in one line before anything fails on it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from grader.core.language import translator


def missing_torch(language: str) -> str:
    """What to do when this Python has no torch; empty when it has."""
    if find_spec("torch") is not None:
        return ""
    tr = translator(language)
    text = tr("torch is not installed for {python}. Install it: {python} -m pip install torch")
    return text.format(python=sys.executable or "python")
