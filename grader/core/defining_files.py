"""Choose the definition of a function to grade: find definitions in source code, recognize stubs, choose a file.

Theory of operation
    Grading (`execution.guest.student_code.submitted_modules`, in the sandbox) and the learner's tools
    (`learner.function_locations`, `learner.self_check`) both call `choose_defining_files`. So a self-check runs the
    definition that would be graded. If `choose_defining_files` returns several files, grading marks the function for
    review, and the learner's tools take the file that was saved last.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def find_definition(tree: ast.Module, name: str) -> Definition | None:
    """Return the last definition of a function at module level, to which Python binds the name; None without one."""
    nodes = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == name]
    return nodes[-1] if nodes else None


def is_stub(node: Definition) -> bool:
    """Return whether a function is an untouched stub: its body only raises NotImplementedError.

    Docstrings, other constants and `pass` are ignored. Decorators are ignored, too: a course may hand out decorated
    stubs, and the source does not show whether a decorator replaces the function.
    """
    match [statement for statement in node.body if not _does_nothing(statement)]:
        case [ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name)))]:
            return name == "NotImplementedError"
    return False


def _does_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def choose_defining_files(
    files: Sequence[str], named_like_stub: Collection[str], has_stub: Callable[[str], bool]
) -> Sequence[str]:
    """Return the file to grade among the `files` that define a function, or several files if no rule decides.

    First, a file with an attempt is preferred to a file with an untouched stub. Second, a file in `named_like_stub`
    (the files with the name of the stub's file) is preferred to other files. `has_stub(file)` says whether the file
    defines an untouched stub. `has_stub` is called only if several files define the function, because it parses the
    file.
    """
    if len(files) < 2:
        return files
    attempts = [file for file in files if not has_stub(file)]
    preferred = [file for file in attempts or files if file in named_like_stub]
    if len(preferred) == 1:
        return preferred
    return attempts or (preferred or files)[:1]
