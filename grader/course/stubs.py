"""Make the stub that students complete: remove the lines of a solution that are between nbgrader's marks.

    ### BEGIN SOLUTION
    ### END SOLUTION

Inside a function, `raise NotImplementedError("FUNCTION")` replaces the marked lines. At module level, marked lines
(imports and helpers of the solution) are removed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from grader.core.defining_files import Definition
from grader.core.errors import AuthoringError
from grader.course.docstrings import docstring_fault
from grader.course.source_lines import source_lines

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def cut_stub(
    solution: str, file: Path, points: dict[str, int], languages: Sequence[str]
) -> tuple[str, list[AuthoringError]]:
    """Return the stub of a solution, and its faults: a missing BEGIN or END mark, a missing function or docstring.

    file: path that the faults name.
    points: functions that the solution must define, with their points.
    languages: languages of the exercise; each docstring must have a part in all of them (see `course.docstrings`).
    """
    try:
        tree = ast.parse(solution)
    except SyntaxError as error:
        return "", [AuthoringError(f"{file}:{error.lineno}", f"syntax error: {error.msg}", "correct the file")]
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    errors = [*_function_faults(functions, file, points, languages), *_module_faults(tree, file, languages)]
    lines = source_lines(solution)
    blocks, mark_faults = _find_blocks(lines, file)
    stub_lines: list[str] = []
    after = 0
    for begin, end in blocks:
        stub_lines += lines[after : begin - 1]
        after = end
        # Find the function by the BEGIN mark: comments at its end, and perhaps the END mark, are after its end_lineno.
        inside = next((n for n, node in functions.items() if node.lineno <= begin <= (node.end_lineno or 0)), None)
        last = lines[end - 1]
        indent = last[: len(last) - len(last.lstrip())]
        if inside and indent:
            while not stub_lines[-1].strip():
                stub_lines.pop()
            stub_lines.append(f'{indent}raise NotImplementedError("{inside}")')
    stub_lines += lines[after:]
    stub = re.sub(r"\n{4,}", "\n\n\n", "\n".join(stub_lines)).rstrip() + "\n"
    return stub, [*errors, *mark_faults]


def _find_blocks(lines: Sequence[str], file: Path) -> tuple[list[tuple[int, int]], list[AuthoringError]]:
    """Return the line numbers (from 1) of each pair of BEGIN and END marks, and an error for each single mark."""
    blocks: list[tuple[int, int]] = []
    errors: list[AuthoringError] = []
    begin = 0
    for number, line in enumerate(lines, 1):
        place, mark = f"{file}:{number}", line.strip()
        if mark == BEGIN:
            if begin:
                found = f"a second BEGIN SOLUTION after line {begin}"
                errors.append(AuthoringError(place, found, "add the END mark of the first BEGIN mark before this line"))
            begin = number
        elif mark == END:
            if begin:
                blocks.append((begin, number))
            else:
                cure = "add the BEGIN mark, or remove this END mark"
                errors.append(AuthoringError(place, "END SOLUTION without BEGIN", cure))
            begin = 0
    if begin:
        errors.append(AuthoringError(f"{file}:{begin}", "BEGIN SOLUTION without END", "add the END mark"))
    return blocks, errors


def signatures(stub: str, functions: Container[str]) -> dict[str, str]:
    """Return the signature of each of the `functions` on one line: "def f(x: Tensor) -> Tensor"."""
    nodes = [node for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef) and node.name in functions]
    return {node.name: signature(node) for node in nodes}


def signature(node: Definition) -> str:
    """Return the `def` line of a function, with arguments and annotations on one line and without the colon."""
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"def {node.name}({ast.unparse(node.args)}){result}"


def _function_faults(
    functions: dict[str, ast.FunctionDef], file: Path, points: dict[str, int], languages: Sequence[str]
) -> Iterator[AuthoringError]:
    for name in points:
        if name not in functions:
            yield AuthoringError(file, f"{name} has points but no solution", f"write def {name}(...)")
            continue
        docstring = ast.get_docstring(functions[name])
        if not docstring:
            cure = f"describe the function in each language: {', '.join(languages)}"
            yield AuthoringError(f"{file} {name}", "no docstring", cure)
        elif fault := docstring_fault(docstring, languages):
            yield AuthoringError(f"{file} {name}", *fault)


def _module_faults(tree: ast.Module, file: Path, languages: Sequence[str]) -> Iterator[AuthoringError]:
    """Yield the fault in the module's docstring, if it has a fault. A module need not have a docstring."""
    docstring = ast.get_docstring(tree)
    if docstring and (fault := docstring_fault(docstring, languages)):
        yield AuthoringError(f"{file}:1", *fault)
