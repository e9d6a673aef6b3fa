"""One upload comes out: a module for each target, found by its name. Adding a target changes no other file.

A target is a module here with one function, `export(results, order)`. It is imported when it is asked for, so that
what only one target needs is loaded, and installed, for that one alone.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

from grader.core.errors import UsageError
from grader.exports import targets

if TYPE_CHECKING:  # the names alone are wanted for the help of the command, at every start
    from grader.exports.export_data import Exported, Order, Results


class Target(Protocol):
    """What a module of this package promises."""

    def export(self, results: Results, order: Order) -> Exported:
        """Write the files of this target. Raises UsageError."""
        ...


def names() -> list[str]:
    """The targets that there are."""
    return sorted(module.name for module in iter_modules(targets.__path__) if not module.ispkg)


def target(name: str) -> Target:
    """The target of that name. Raises UsageError."""
    if name not in names():
        raise UsageError("--to {name}: no such target. Known: {known}", name=name, known=", ".join(names()))
    return cast("Target", import_module(f"{targets.__name__}.{name}"))
