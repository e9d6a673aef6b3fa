"""Paths of the package `grader`: in a checkout, in site-packages, or in the sandbox.

The paths do not depend on where this file is within the package, so that this file may move.
"""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = Path(str(sys.modules["grader"].__file__)).resolve().parent
"""Folder of the package `grader`. Python imports `grader` before this module, so `sys.modules` contains it here."""

SOURCE_ROOT = PACKAGE.parent
"""Folder that contains the package: an entry for `sys.path`; in a checkout, the root of the checkout."""

HANDOUT = PACKAGE / "handout"
"""Folder with the public experiments and the goldens in the wheel of a hand-out. setup.py creates it."""
