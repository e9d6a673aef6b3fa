"""Gradescope: the zip of an autograder. It holds solutions and hidden checks: it is for the instructor's eyes."""

from __future__ import annotations

from pathlib import Path

from grader.core.errors import UsageError
from grader.packaging.autograder_parts import Parts, script, write_zip

SCRIPTS = ("setup.sh", "run_autograder")


def package(parts: Parts, into: Path) -> list[Path]:
    """Write the zip: both scripts at its root, beside the grader and the course."""
    if into.suffix.lower() != ".zip":
        raise UsageError("--into {path}: Gradescope takes a zip. Name a file that ends in .zip", path=into)
    files = {name: script(name) for name in SCRIPTS} | dict(parts.files())
    write_zip(into, files, frozenset(SCRIPTS))
    return [into]
