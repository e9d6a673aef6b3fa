"""Gradescope: a zip with an autograder.

The zip contains the solutions and the hidden checks, so students must not get it.
"""

from __future__ import annotations

from pathlib import Path

from grader.core.errors import UsageError
from grader.packaging.autograder_bundle import AutograderBundle, script, write_zip

SCRIPTS = ("setup.sh", "run_autograder")


def package(bundle: AutograderBundle, into: Path) -> list[Path]:
    """Write the zip, with Gradescope's two scripts at its root. Raises UsageError if `into` does not end in .zip."""
    if into.suffix.lower() != ".zip":
        raise UsageError("--into {path}: Gradescope takes a zip. Pass a file that ends in .zip", path=into)
    files = {name: script(name) for name in SCRIPTS} | dict(bundle.files())
    write_zip(into, files, frozenset(SCRIPTS))
    return [into]
