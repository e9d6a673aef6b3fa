"""Load the experiments of the course: run their files, which are trusted, and collect the functions."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from grader.execution.guest.call_recording.call_source import add_source
from grader.execution.guest.compiler_placeholder import import_compiler, install_placeholders, mentions_compiler
from grader.execution.guest.student_code.source_file import is_reserved
from grader.experiments.declaration import Experiment


def preload_torch_modules(source: bytes) -> None:
    """Import the torch modules that a file of experiments would load on first use, while no time limit runs.

    If a time limit interrupted the import, all later code would find a half-initialized module.
    """
    install_placeholders()
    if mentions_compiler(source):
        import_compiler()
    if b"torch.func" in source:
        import_module("torch.func")


def load_file(path: str, source: bytes | None = None) -> dict[str, Experiment]:
    """Return the experiments of a file, by the id of their check ("function::name").

    `source` is the content of the file; None to read it from the disk.
    """
    module = ModuleType(f"experiments of {path}")
    module.__file__ = path
    if source is None:
        source = Path(path).read_bytes()
    add_source(path, source)
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    found: dict[str, Experiment] = {}
    for name, thing in vars(module).items():
        code = None if is_reserved(name) else getattr(thing, "__code__", None)
        if code is not None and code.co_filename == path and code.co_varnames[1:2] == ("given",):
            found[f"{code.co_varnames[0]}::{name}"] = thing
    return found
