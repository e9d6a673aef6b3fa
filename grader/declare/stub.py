"""Cut the student's stub out of a solution, by nbgrader's own marks.

    ### BEGIN SOLUTION
    ### END SOLUTION

Inside a function the marked lines become `raise NotImplementedError("its name")`; at module level (imports and helpers
that only the solution needs) they are dropped.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container
from pathlib import Path

from grader.core.definitions import Definition
from grader.core.errors import AuthoringError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def cut_stub(solution: str, file: Path, points: dict[str, int]) -> tuple[str, list[AuthoringError]]:
    """The stub of a solution, and what is wrong with the solution: marks, missing functions, docstrings."""
    try:
        tree = ast.parse(solution)
    except SyntaxError as error:
        return "", [AuthoringError(f"{file}:{error.lineno}", f"no Python: {error.msg}", "mend the file")]
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    errors = _faults(functions, file, points)
    kept: list[str] = []
    begun = 0
    for number, line in enumerate(solution.splitlines(), 1):
        mark = line.strip()
        if mark == BEGIN:
            if begun:
                errors.append(
                    AuthoringError(
                        f"{file}:{number}", f"a second BEGIN SOLUTION (the first: line {begun})", "end the first"
                    )
                )
            begun = number
        elif mark == END:
            if not begun:
                errors.append(
                    AuthoringError(f"{file}:{number}", "END SOLUTION without BEGIN", "add the BEGIN mark or remove it")
                )
            # By the BEGIN mark: comments before END are outside the function's node.
            inside = next((n for n, node in functions.items() if node.lineno <= begun <= (node.end_lineno or 0)), None)
            begun = 0
            indent = line[: len(line) - len(line.lstrip())]
            if inside and indent:
                while not kept[-1].strip():
                    kept.pop()
                kept.append(f'{indent}raise NotImplementedError("{inside}")')
        elif not begun:
            kept.append(line)
    if begun:
        errors.append(AuthoringError(f"{file}:{begun}", "BEGIN SOLUTION without END", "add the END mark"))
    stub = re.sub(r"\n{4,}", "\n\n\n", "\n".join(kept)).rstrip() + "\n"
    return stub, errors


def signatures(stub: str, functions: Container[str]) -> dict[str, str]:
    """The signature of each function of a stub, as one line: "def f(x: Tensor) -> Tensor"."""
    nodes = [node for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef) and node.name in functions]
    return {node.name: signature(node) for node in nodes}


def signature(node: Definition) -> str:
    """The first line of a function, without its colon, however it was wrapped."""
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"def {node.name}({ast.unparse(node.args)}){result}"


def _faults(functions: dict[str, ast.FunctionDef], file: Path, points: dict[str, int]) -> list[AuthoringError]:
    errors = []
    for name in points:
        if name not in functions:
            errors.append(AuthoringError(file, f"{name} has points but no solution", f"write def {name}(...)"))
            continue
        docstring = ast.get_docstring(functions[name]) or ""
        if not _CHINESE.search(docstring):
            errors.append(
                AuthoringError(
                    f"{file} {name}", "no docstring in both languages", "say the contract in English and Chinese"
                )
            )
    return errors
