"""Find the module of an export target by its name.

A target is a module in `targets` with a function `export(results, options)`. A target may also have a function
`read_scores` (see `ReadScores`), which `--dry-run` needs to compare the scores in old and new files. Only the module of
the chosen target is imported, so the packages that other targets need may be missing.
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
"""A function that takes the path and content of a file which a target wrote, and returns the scores in it as text.

The keys are the ids of students, or the names of their folders. For a file that another program wrote, the function may
raise any of the errors in `dry_run.UNREADABLE`.
"""


class Target(Protocol):
    """Interface of the module of a target."""

    def export(self, results: ClassResults, options: ExportOptions) -> ExportSummary:
        """Write the files of this target. Raises UsageError if the options do not fit the target."""
        ...


def target_names() -> list[str]:
    """Return the names of all targets, sorted: the values of `--to`."""
    return sorted(module.name for module in iter_modules(targets.__path__) if not module.ispkg)


def load_target(name: str) -> Target:
    """Import the module of a target. Raises UsageError if no target has this name."""
    if name not in target_names():
        raise UsageError("--to {name}: no such target. Known: {known}", name=name, known=", ".join(target_names()))
    return cast("Target", import_module(f"{targets.__name__}.{name}"))


def score_reader(target: Target) -> ReadScores | None:
    """Return the function `read_scores` of a target; None if the target has none."""
    return getattr(target, "read_scores", None)
