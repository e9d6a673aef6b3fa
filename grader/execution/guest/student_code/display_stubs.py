"""What only shows something does nothing while a submission is graded: plots, widgets, `display`.

A notebook is handed in with its pictures. In a sandbox nobody sees them, drawing them costs a second each time, and
the package may not even be installed. Student code gets stand-ins that accept every call.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator
from types import ModuleType, TracebackType
from typing import Any

SHOWING = ("matplotlib", "mpl_toolkits", "pylab", "seaborn", "plotly", "IPython", "ipywidgets", "grader.learner")
"""Packages that show things, with all that is in them; none of them computes what a check looks at."""


class Inert:
    """Accepts whatever is done with it. It unpacks into two, as `figure, axes = plt.subplots()` wants."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # what Python itself asks for, such as __array__, is not there
        return self

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Do nothing."""
        return self

    def __getitem__(self, key: Any) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        """Keep nothing."""

    def __iter__(self) -> Iterator[Any]:
        return iter((self, self))

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Pass every exception on."""


INERT = Inert()


class _InertModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return INERT


class InertFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives stand-ins for the packages in SHOWING and everything below them."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """A spec for a stand-in, or None."""
        shows = name in SHOWING or any(name.startswith(f"{package}.") for package in SHOWING)
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if shows else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """An empty stand-in."""
        return _InertModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is run."""


def make_showing_inert() -> None:
    """From now on this process shows nothing. For a process that does nothing but run submissions."""
    sys.meta_path.insert(0, InertFinder())
