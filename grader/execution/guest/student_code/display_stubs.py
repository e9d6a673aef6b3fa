"""Stubs for plots, widgets and `display`, which do nothing while a submission is graded.

Submitted notebooks draw pictures. Nobody sees a picture in the sandbox, each takes about a second to draw, and the
plotting package may not be installed. So student code gets stubs that accept every call.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator
from types import ModuleType, TracebackType
from typing import Any

DISPLAY_PACKAGES = (
    "matplotlib",
    "mpl_toolkits",
    "pylab",
    "seaborn",
    "plotly",
    "IPython",
    "ipywidgets",
    "grader.learner",
)
"""Packages that only display results. Student code gets stubs instead of all modules of these packages: no check
observes a value from them."""


class DisplayStub:
    """An object that accepts every call, attribute and index.

    A stub unpacks into two stubs, as `figure, axes = plt.subplots()` requires.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # a stub does not pretend to support protocols such as __array__
        return self

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Accept any arguments, and return the stub so that calls can be chained."""
        return self

    def __getitem__(self, key: Any) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        """Ignore the assignment, as in `axes[0] = 1`."""

    def __iter__(self) -> Iterator[Any]:
        return iter((self, self))

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Return None, so that an exception leaves the `with` block."""


DISPLAY_STUB = DisplayStub()


class _DisplayStubModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return DISPLAY_STUB


class DisplayStubFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finder of stub modules for DISPLAY_PACKAGES and their submodules."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for a stub module, or None for other packages."""
        shows = name in DISPLAY_PACKAGES or any(name.startswith(f"{package}.") for package in DISPLAY_PACKAGES)
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if shows else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return a module in which every attribute is a stub."""
        return _DisplayStubModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: a stub module has no code."""


def install_display_stubs() -> None:
    """Replace DISPLAY_PACKAGES by stubs. Call this only in a process that runs nothing but submissions."""
    sys.meta_path.insert(0, DisplayStubFinder())
