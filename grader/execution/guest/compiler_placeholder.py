"""Placeholders for two large modules of torch, so that uncompiled code does not import torch's compiler.

Theory of operation
    The first optimizer of a process imports torch._dynamo, which takes as long as the import of torch itself. The first
    `backward(gradient)` imports torch.fx.experimental.symbolic_shapes, and with it SymPy. As long as no code is
    compiled, torch reads only a few trivial attributes of these two modules. `install_placeholders` puts a placeholder
    with these attributes into `sys.modules` for each of the two modules that is not imported yet.

    A placeholder loads the real module into the same module object, so that references stay valid, as soon as
      - code reads an attribute that the placeholder does not have, as `torch.compile` does,
      - code imports a submodule of torch._dynamo (`_SubmoduleFinder` notices this import),
      - code calls `import_compiler`.
    Reading an attribute whose name begins with two underscores does not load the real module, because inspect and
    warnings read such attributes of every module.

    Two modules depend on the placeholder: `zygote.warm_up` and `experiment_files.preload_torch_modules` install them
    before any optimizer is made. `worker` sends a submission that mentions the compiler as COMPILER_JOB. For such a job
    the zygote imports the real compiler before it forks; otherwise each child would import the compiler within the time
    limit of a check.

    The attributes of the placeholders must be those that the installed torch reads. To test this,
    tests/execution/guest/test_compiler_placeholder.py runs every optimizer, torch.func and checkpoint. `make
    bench-savings` measures the time that the placeholders save, and fails when they no longer save any.
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

DYNAMO = "torch._dynamo"
SHAPES = "torch.fx.experimental.symbolic_shapes"
WORDS = (b"torch.compile", b"_dynamo")
"""Source code that contains one of these texts probably uses the compiler."""


class _Placeholder(ModuleType):
    """A module with the attributes that eager torch reads; reading another attribute loads the real module into it."""

    def __init__(self, real: importlib.machinery.ModuleSpec, answers: dict[str, object]) -> None:
        super().__init__(real.name)
        about: dict[str, object] = {"__spec__": real, "__file__": real.origin}
        if real.submodule_search_locations is not None:
            about["__path__"] = real.submodule_search_locations
        vars(self).update(answers, **about, _answers=(*answers, "_answers"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":  # inspect, warnings and others read such names of every module
            raise AttributeError(name)
        _make_real(self)
        return getattr(self, name)


class _SubmoduleFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finder that imports the real torch._dynamo as soon as one of its submodules is imported."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Import the real package; return a spec for its submodule, or None to leave the search to other finders."""
        if not name.startswith(f"{DYNAMO}.") or compiler_is_imported():
            return None
        import_compiler()
        return importlib.machinery.ModuleSpec(name, self) if name in sys.modules else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the submodule. The import of the real torch._dynamo has already imported it."""
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the import of the real torch._dynamo has already run the code of the submodule."""


def mentions_compiler(source: bytes) -> bool:
    """Return whether source code mentions the compiler, so that the zygote imports the compiler in advance.

    If the code hides the name, the code itself imports the compiler, within its time limit.
    """
    return any(word in source for word in WORDS)


def install_placeholders() -> None:
    """Install a placeholder for each of the two modules that is not imported yet.

    Call this function before the first optimizer is made.
    """
    import torch.fx.experimental

    if _place(DYNAMO, _compiler_answers()):
        torch._dynamo = sys.modules[DYNAMO]
        sys.meta_path.insert(0, _SubmoduleFinder())
    if _place(SHAPES, {"sym_eq": lambda a, b: tuple(a) == tuple(b), "expect_true": bool}):
        torch.fx.experimental.symbolic_shapes = sys.modules[SHAPES]


def compiler_is_imported() -> bool:
    """Return whether the real torch._dynamo has been imported."""
    return DYNAMO in sys.modules and not isinstance(sys.modules[DYNAMO], _Placeholder)


def import_compiler() -> None:
    """Replace the placeholder of torch._dynamo by the real module; do nothing if there is no placeholder."""
    module = sys.modules.get(DYNAMO)
    if isinstance(module, _Placeholder):
        _make_real(module)


def _place(name: str, answers: dict[str, object]) -> bool:
    real = None if name in sys.modules else find_spec(name)
    if real is not None:
        sys.modules[name] = _Placeholder(real, answers)
    return real is not None


def _compiler_answers() -> dict[str, object]:
    return {
        "disable": _disable,
        "graph_break": lambda: None,
        "compiled_autograd": SimpleNamespace(_disable=nullcontext),  # read by torch.func
        "config": SimpleNamespace(error_on_nested_fx_trace=True),  # read by torch.utils.checkpoint
    }


_disabled: list[Callable[..., Any]] = []


def _disable(function: Callable[..., Any] | None = None, *_: object, **__: object) -> Any:
    """Return the function unchanged.

    This function replaces torch._dynamo.disable as long as the compiler is not imported.
    """
    if function is None:
        return _disable
    _disabled.append(function)
    return function


def _make_real(module: _Placeholder) -> None:
    spec = module.__spec__
    assert spec is not None
    assert spec.loader is not None
    for name in module._answers:
        delattr(module, name)
    vars(module).update(vars(module_from_spec(spec)))
    object.__setattr__(module, "__class__", ModuleType)
    while module.__name__ == DYNAMO and _disabled:
        vars(_disabled.pop()).pop("__dynamo_disable", None)  # torch calls `_disable` if the attribute exists
    spec.loader.exec_module(module)
