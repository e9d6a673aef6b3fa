"""Where the package `grader` lies: in a checkout, in site-packages, or in the sandbox.

Nothing here counts folders from its own file, so a module may move within the package.
"""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = Path(str(sys.modules["grader"].__file__)).resolve().parent
"""The folder of the package itself. Looked up, not imported: whatever runs this has imported `grader` first."""

SOURCE_ROOT = PACKAGE.parent
"""The folder that holds the package: what goes into `sys.path`, and the root of a checkout."""

HANDOUT = PACKAGE / "handout"
"""Where a wheel carries the public experiments and the goldens (setup.py writes them there)."""
