"""Find the module that packages an autograder for a target system, by the name of the system.

There is one module for each system in `packaging.autograders`, with a function `package(bundle, into)`. Each module is
imported only when it is used.
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
    """Interface of a module in `packaging.autograders`."""

    def package(self, bundle: AutograderBundle, into: Path) -> list[Path]:
        """Write the autograder into a file or a folder, and return the written files. Raises UsageError."""
        ...


def system_names() -> list[str]:
    """Return the names of the systems that `grader package` accepts, sorted."""
    return sorted(module.name for module in iter_modules(autograders.__path__) if not module.ispkg)


def load_packager(name: str) -> Packager:
    """Import and return the module of a system. Raises UsageError if no system has this name."""
    if name not in system_names():
        raise UsageError(
            "{name} is not a system of `grader package`. Pass one of: {known}",
            name=name,
            known=", ".join(system_names()),
        )
    return cast("Packager", import_module(f"{autograders.__name__}.{name}"))
