"""Paths of the package `grader`: in a checkout, in site-packages, or in the sandbox.

No path is computed from the depth of this file, so that the file may move within the package.
"""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = Path(str(sys.modules["grader"].__file__)).resolve().parent
"""The folder of the package. Python always imports `grader` before this module, so `sys.modules` holds its path."""

SOURCE_ROOT = PACKAGE.parent
"""The folder that contains the package: an entry for `sys.path`, and the root of a checkout."""

HANDOUT = PACKAGE / "handout"
"""The folder of a wheel with the public experiments and the goldens; setup.py writes it."""
