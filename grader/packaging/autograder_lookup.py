"""Find the module that packages an autograder for a system, by the name of the system.

Such a module is in `autograders` and has a function `package(bundle, into)`. The module is imported only when it is
used.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

from grader.core.errors import UsageError
from grader.packaging import autograders

if TYPE_CHECKING:  # `grader --help` imports this module for the names of the systems, and must be fast
    from grader.packaging.autograder_bundle import AutograderBundle


class Packager(Protocol):
    """Interface of the module of a system."""

    def package(self, bundle: AutograderBundle, into: Path) -> list[Path]:
        """Write the autograder into a file or a folder, and return the written files. Raises UsageError."""
        ...


def system_names() -> list[str]:
    """Return the systems of `grader package`, sorted."""
    return sorted(module.name for module in iter_modules(autograders.__path__) if not module.ispkg)


def load_packager(name: str) -> Packager:
    """Import the module of a system. Raises UsageError if no system has this name."""
    if name not in system_names():
        raise UsageError("{name}: no such package. Known: {known}", name=name, known=", ".join(system_names()))
    return cast("Packager", import_module(f"{autograders.__name__}.{name}"))
