"""Run files of experiments (ours, trusted) to get at the functions in them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from grader.execution.guest.compiler_placeholder import import_compiler, install_placeholders, mentions_compiler
from grader.experiments.declaration import Experiment


def warm_up(source: bytes) -> None:
    """Have ready what torch imports on first use, when a file of experiments uses it: that second is not the learner's.

    A time limit that hits in the middle of an import leaves a module half made for everything that follows.
    """
    install_placeholders()
    if mentions_compiler(source):
        import_compiler()
    if b"torch.func" in source:
        import_module("torch.func")


def load_file(path: str, source: bytes | None = None) -> dict[str, Experiment]:
    """Every experiment in a file, by the id of its check ("function::name")."""
    module = ModuleType(f"experiments of {path}")
    module.__file__ = path
    exec(compile(source or Path(path).read_bytes(), path, "exec", dont_inherit=True), module.__dict__)
    found: dict[str, Experiment] = {}
    for name, thing in vars(module).items():
        code = getattr(thing, "__code__", None)
        if code is not None and code.co_filename == path and code.co_varnames[1:2] == ("given",):
            found[f"{code.co_varnames[0]}::{name}"] = thing
    return found
