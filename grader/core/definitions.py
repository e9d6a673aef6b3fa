"""Definitions of a function in a submission: which is an untouched stub, and which of several files counts.

Theory of operation
    Grading (`execution.guest.student_code.submitted_modules`, in the sandbox) and the learner's tools
    (`learner.function_locations`, `learner.self_check`) both choose by `files_that_count`, so that a learner sees the
    verdict on the definition that would be graded. Where the rule leaves several files, grading refuses to guess, and
    the learner's tools take the file that was saved last.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def definition(tree: ast.Module, name: str) -> Definition | None:
    """Return the function of that name: the last one at module level, as in Python."""
    nodes = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == name]
    return nodes[-1] if nodes else None


def is_stub(node: Definition) -> bool:
    """Whether the body of a function does nothing but raise NotImplementedError, as handed out.

    Docstrings, other constants and `pass` do nothing. Decorators are not looked at: a course may hand out decorated
    stubs, but only a call shows whether a decorator replaces the function.
    """
    match [statement for statement in node.body if not _does_nothing(statement)]:
        case [ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name)))]:
            return name == "NotImplementedError"
    return False


def _does_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def files_that_count(
    files: Sequence[str], named_like_stub: Collection[str], has_stub: Callable[[str], bool]
) -> Sequence[str]:
    """Of the files that define a function, return the one that counts; several where no rule decides.

    An attempt counts before an untouched stub, then a file that is `named_like_stub` before others. `has_stub` is asked
    only where several files define the function, because it parses.
    """
    if len(files) < 2:
        return files
    attempts = [file for file in files if not has_stub(file)]
    preferred = [file for file in attempts or files if file in named_like_stub]
    if len(preferred) == 1:
        return preferred
    return attempts or (preferred or files)[:1]
