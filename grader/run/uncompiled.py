"""torch._dynamo, the compiler's front, imported when it is really asked for.

The first optimizer of a process imports it, which takes as long as torch itself, only to ask for what does nothing as
long as nothing is compiled. A stand-in gives these answers; whatever else is asked of it, or imported from below it,
makes it the real thing, in the same module object.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib.util import find_spec, module_from_spec
from types import ModuleType, SimpleNamespace
from typing import Any

NAME = "torch._dynamo"
WORDS = (b"torch.compile", b"_dynamo")
"""Where one of these stands in a source, the real thing is likely to be asked for."""


class _Uncompiled(ModuleType):
    """Answers what eager torch asks: a break in no graph, a function left uncompiled, no compiled autograd."""

    def __init__(self, real: importlib.machinery.ModuleSpec) -> None:
        super().__init__(NAME)
        disabled: list[Any] = []

        def disable(fn: Callable[..., Any] | None = None, *_: object, **__: object) -> Any:
            if fn is None:
                return disable
            disabled.append(fn)
            return fn

        answers: dict[str, object] = {"disable": disable, "graph_break": lambda: None}
        answers["compiled_autograd"] = SimpleNamespace(_disable=nullcontext)  # torch.func asks
        answers["config"] = SimpleNamespace(error_on_nested_fx_trace=True)  # torch.utils.checkpoint asks
        about = {"__spec__": real, "__file__": real.origin, "__path__": real.submodule_search_locations}
        vars(self).update(answers, **about, _disabled=disabled)
        self._answers = (*answers, "_disabled", "_answers")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":  # inspect, warnings and others ask every module there is
            raise AttributeError(name)
        become_real()
        return getattr(self, name)


class _Below(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Whoever imports something from below the stand-in gets the real package first."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for a module that came with the real package; None leaves the search to others."""
        if not name.startswith(f"{NAME}."):
            return None
        become_real()
        return importlib.machinery.ModuleSpec(name, self) if name in sys.modules else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The module that is there already."""
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """It has been run."""


_BELOW = _Below()


def is_likely_in(source: bytes) -> bool:
    """Whether this asks for the real thing; who hides the word waits for the import in his own time."""
    return any(word in source for word in WORDS)


def stand_in() -> None:
    """Put the stand-in where nothing has imported the real thing yet. For a process that runs exercises."""
    import torch

    if NAME in sys.modules or (real := find_spec(NAME)) is None:
        return
    sys.modules[NAME] = module = _Uncompiled(real)
    torch._dynamo = module
    sys.meta_path.insert(0, _BELOW)


def is_real() -> bool:
    """Whether the real thing has been imported."""
    return NAME in sys.modules and not isinstance(sys.modules[NAME], _Uncompiled)


def become_real() -> None:
    """Make the stand-in the real thing, if there is one and nobody has yet."""
    module = sys.modules.get(NAME)
    if not isinstance(module, _Uncompiled):
        return
    spec, disabled = module.__spec__, module._disabled
    assert spec is not None
    assert spec.loader is not None
    for name in module._answers:
        delattr(module, name)
    for function in disabled:  # torch keeps the answer there
        vars(function).pop("__dynamo_disable", None)
    vars(module).update(vars(module_from_spec(spec)))
    object.__setattr__(module, "__class__", ModuleType)
    sys.meta_path.remove(_BELOW)
    spec.loader.exec_module(module)
