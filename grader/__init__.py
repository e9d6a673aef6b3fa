"""The grader of the `autograded` exercises.

Exercise files import what they declare from here. The names are loaded on first use, so that
`import grader` costs no import of torch.
"""

import sys
from typing import TYPE_CHECKING

# This file is the first that anything imports: it must stay readable for Python 3.6.
if sys.version_info < (3, 11):  # noqa: UP036  (an older Python is just what is looked for)
    this = f"{sys.version.split()[0]} ({sys.executable})"
    raise SystemExit(f"autograded needs Python 3.11 or newer (需要 Python 3.11 或更新版本); this is {this}")

if TYPE_CHECKING:
    from grader.declare.experiment import exercise, experiment
    from grader.declare.kit import Given

__all__ = ["Given", "exercise", "experiment"]
__version__ = "0.1.0"

_HOMES = {
    "Given": "grader.declare.kit",
    "exercise": "grader.declare.experiment",
    "experiment": "grader.declare.experiment",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module that defines it (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
