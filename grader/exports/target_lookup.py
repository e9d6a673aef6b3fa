"""Find the module of an export target by its name.

A target is a module in `targets` with a function `export(results, options)`. It may have
a function `read_scores`, with which `--dry-run` compares the scores in its files. The module is
imported only when it is used, so that the packages of one target need not be installed for another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

from grader.core.errors import UsageError
from grader.exports import targets

if TYPE_CHECKING:  # `grader --help` imports this module for the names of the targets, and must be fast
    from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary


ReadScores: TypeAlias = "Callable[[Path, bytes], Mapping[str, str]]"
"""A function that returns the scores in a file that a target wrote, by the student's id or the name of their folder.

It may raise any of the errors in `export_preview.UNREADABLE` for a file that another program wrote.
"""


class Target(Protocol):
    """Interface of the module of a target."""

    def export(self, results: ClassResults, options: ExportOptions) -> ExportSummary:
        """Write the files of this target. Raises UsageError if the options do not fit the target."""
        ...


def target_names() -> list[str]:
    """Return the values of --to, sorted."""
    return sorted(module.name for module in iter_modules(targets.__path__) if not module.ispkg)


def load_target(name: str) -> Target:
    """Import the module of a target. Raises UsageError if no target has this name."""
    if name not in target_names():
        raise UsageError("--to {name}: no such target. Known: {known}", name=name, known=", ".join(target_names()))
    return cast("Target", import_module(f"{targets.__name__}.{name}"))


def score_reader(target: Target) -> ReadScores | None:
    """Return the function that reads scores in the files of a target; None if it has none (see `read_scores`)."""
    return getattr(target, "read_scores", None)
