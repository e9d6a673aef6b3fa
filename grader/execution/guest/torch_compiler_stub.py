"""Parts of torch's compiler that eager code imports on the way, imported when they are really asked for.

The first optimizer of a process imports torch._dynamo, which takes as long as torch itself, and the first
`backward(gradient)` imports SymPy: only to ask for what is plain as long as nothing is compiled. Stand-ins give these
answers. Whatever else is asked of one, or imported from below it, makes it the real thing, in the same module object.
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

COMPILER = "torch._dynamo"
SHAPES = "torch.fx.experimental.symbolic_shapes"
WORDS = (b"torch.compile", b"_dynamo")
"""Where one of these stands in a source, the compiler is likely to be asked for."""


class _StandIn(ModuleType):
    """Gives the answers that eager torch asks for."""

    def __init__(self, real: importlib.machinery.ModuleSpec, answers: dict[str, object]) -> None:
        super().__init__(real.name)
        about: dict[str, object] = {"__spec__": real, "__file__": real.origin}
        if real.submodule_search_locations is not None:
            about["__path__"] = real.submodule_search_locations
        vars(self).update(answers, **about, _answers=(*answers, "_answers"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":  # inspect, warnings and others ask every module there is
            raise AttributeError(name)
        _make_real(self)
        return getattr(self, name)


class _Below(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Whoever imports something from below the compiler's stand-in gets the real package first."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for a module that came with the real package; None leaves the search to others."""
        if not name.startswith(f"{COMPILER}.") or is_real():
            return None
        become_real()
        return importlib.machinery.ModuleSpec(name, self) if name in sys.modules else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The module that is there already."""
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """It has been run."""


def is_likely_in(source: bytes) -> bool:
    """Whether this asks for the compiler; who hides the word waits for the import in his own time."""
    return any(word in source for word in WORDS)


def stand_in() -> None:
    """Put the stand-ins where nothing has imported the real things yet. For a process that runs exercises."""
    import torch.fx.experimental

    if _place(COMPILER, _of_the_compiler()):
        torch._dynamo = sys.modules[COMPILER]
        sys.meta_path.insert(0, _Below())
    if _place(SHAPES, {"sym_eq": lambda a, b: tuple(a) == tuple(b), "expect_true": bool}):
        torch.fx.experimental.symbolic_shapes = sys.modules[SHAPES]


def is_real() -> bool:
    """Whether the compiler itself has been imported."""
    return COMPILER in sys.modules and not isinstance(sys.modules[COMPILER], _StandIn)


def become_real() -> None:
    """Import the compiler, if there is a stand-in for it."""
    module = sys.modules.get(COMPILER)
    if isinstance(module, _StandIn):
        _make_real(module)


def _place(name: str, answers: dict[str, object]) -> bool:
    real = None if name in sys.modules else find_spec(name)
    if real is not None:
        sys.modules[name] = _StandIn(real, answers)
    return real is not None


def _of_the_compiler() -> dict[str, object]:
    return {
        "disable": _disable,
        "graph_break": lambda: None,
        "compiled_autograd": SimpleNamespace(_disable=nullcontext),  # torch.func asks
        "config": SimpleNamespace(error_on_nested_fx_trace=True),  # torch.utils.checkpoint asks
    }


_disabled: list[Callable[..., Any]] = []


def _disable(function: Callable[..., Any] | None = None, *_: object, **__: object) -> Any:
    """What is not compiled anyway is left as it is."""
    if function is None:
        return _disable
    _disabled.append(function)
    return function


def _make_real(module: _StandIn) -> None:
    spec = module.__spec__
    assert spec is not None
    assert spec.loader is not None
    for name in module._answers:
        delattr(module, name)
    vars(module).update(vars(module_from_spec(spec)))
    object.__setattr__(module, "__class__", ModuleType)
    while module.__name__ == COMPILER and _disabled:
        vars(_disabled.pop()).pop("__dynamo_disable", None)  # torch kept the answer there: now it asks again
    spec.loader.exec_module(module)
