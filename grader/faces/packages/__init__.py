"""What an autograder needs to grade on somebody else's machine: a module for each system, found by its name.

A package is a module here with one function, `package(parts, into)`, which gives the files that it wrote.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

from grader.core.errors import UsageError

if TYPE_CHECKING:  # the names alone are wanted for the help of the command, at every start
    from grader.faces.packages.shared.parts import Parts

FILES = Path(__file__).parent / "files"
"""Scripts that are copied as they are."""


class Package(Protocol):
    """What a module of this package promises."""

    def package(self, parts: Parts, into: Path) -> list[Path]:
        """Write the package. Raises UsageError."""
        ...


def names() -> list[str]:
    """The systems that there are packages for."""
    return sorted(module.name for module in iter_modules(__path__) if not module.ispkg)


def maker(name: str) -> Package:
    """The maker of packages for that system. Raises UsageError."""
    if name not in names():
        raise UsageError("{name}: no such package. Known: {known}", name=name, known=", ".join(names()))
    return cast("Package", import_module(f"{__name__}.{name}"))
