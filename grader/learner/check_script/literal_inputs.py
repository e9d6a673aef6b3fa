"""Write the random inputs of an experiment into its source: `output = given.keep("output", torch.tensor([...]))`.

A draw becomes a literal if it has at most MAX_SHOWN_NUMBERS numbers, and if the experiment makes it exactly once before
its first call of the student's function: outside of loops, conditions and nested functions.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.execution.guest.call_recording.recorded_call import (
    MAX_SHOWN_NUMBERS,
    CallValue,
    LiteralValue,
    count_numbers,
)
from grader.grading.verdicts.call_text import WIDTH
from grader.grading.verdicts.value_text import value_lines
from grader.learner.check_script.draws import Draw
from grader.learner.check_script.module_source import ModuleSource
from grader.learner.check_script.used_definitions import annotates_given

REPEATED = (
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.IfExp,
    ast.BoolOp,
)
"""Expressions whose parts Python may evaluate later, never, or more than once."""

SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return)


@dataclass(frozen=True)
class LiteralInputs:
    """The source of an experiment in which literals replace random inputs.

    text: the function of the experiment, without decorator and docstring.
    written: the random draws that literals replace.
    """

    text: str
    written: frozenset[Draw]


@dataclass(frozen=True)
class _Edit:
    """A replacement in the source: the bytes from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


class _Body:
    """The statements of one experiment, with the edits to its source."""

    def __init__(self, module: ModuleSource, node: ast.FunctionDef, draws: Sequence[Draw], taken: set[str]) -> None:
        self._module, self._node = module, node
        self._draws = {draw.place: draw for draw in draws if _is_short(draw)}
        self._names = taken | {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        self._names |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
        self._offsets = [0]
        for line in module.lines:
            self._offsets.append(self._offsets[-1] + len(line))
        self.edits: list[_Edit] = []
        self.written: set[Draw] = set()

    def write(self, statements: Sequence[ast.stmt]) -> None:
        """Write the literals of these statements, and of the blocks of `with` among them, which run exactly once."""
        for statement in statements:
            if isinstance(statement, ast.With):
                self.write(statement.body)
            elif isinstance(statement, SIMPLE):
                self._write_statement(statement)

    def _write_statement(self, statement: ast.stmt) -> None:
        calls = [(call, draw) for call in _calls(statement) if (draw := self._draws.get(_place(call)))]
        self.written |= {draw for _, draw in calls}
        arguments = {id(part) for call, _ in calls for part in ast.walk(call) if part is not call}
        calls = [(call, draw) for call, draw in calls if id(call) not in arguments]
        pairs = _assigned_pairs(statement)
        inputs = [(call, draw) for call, draw in calls if not isinstance(draw.value, LiteralValue)]
        own = {id(value): target for target, value in pairs}
        assigned = [call for call, _ in inputs if id(call) in own]
        if assigned and self._may_split(pairs, assigned):
            rest = [(target, value) for target, value in pairs if value not in assigned]
        else:
            rest, own = pairs, {}
        above: list[str] = []
        for call, draw in inputs:
            name = own[id(call)] if id(call) in own else self._new_name(draw.name)
            assert draw.value is not None
            above += _definition(name, draw, WIDTH - statement.col_offset)
            if id(call) not in own:
                self._replace(call, name)
        for call, draw in calls:
            if isinstance(draw.value, LiteralValue):
                self._replace(call, draw.value.text)
        start = self._offset(statement.lineno, statement.col_offset)
        indent = "\n" + " " * statement.col_offset
        if above and not rest and own:
            self._replace(statement, indent.join(above))
        elif above and own:
            targets, values = (", ".join(parts) for parts in zip(*[(t, self._edited(v)) for t, v in rest], strict=True))
            self._replace(statement, indent.join([*above, f"{targets} = {values}"]))
        elif above:
            self.edits.append(_Edit(start, start, indent.join([*above, ""])))

    def _may_split(self, pairs: Sequence[tuple[str, ast.expr]], assigned: Sequence[ast.expr]) -> bool:
        """Return whether the assigned inputs can move above the other assignments of a statement.

        The inputs can move if no other value reads a name that the assigned inputs set.
        """
        names = {target for target, value in pairs if value in assigned}
        others = [value for _, value in pairs if value not in assigned]
        return not any(isinstance(n, ast.Name) and n.id in names for value in others for n in ast.walk(value))

    def _edited(self, node: ast.expr) -> str:
        """Apply the edits inside an expression, remove them from the list of edits, and return the new expression."""
        start, end = self._span(node)
        inside = [edit for edit in self.edits if start <= edit.start and edit.end <= end]
        self.edits = [edit for edit in self.edits if edit not in inside]
        return _apply(self._module.source[start:end], [_Edit(e.start - start, e.end - start, e.text) for e in inside])

    def _replace(self, node: ast.expr | ast.stmt, text: str) -> None:
        start, end = self._span(node)
        self.edits.append(_Edit(start, end, text))

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno or 0, node.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        return self._offsets[line - 1] + column

    def _new_name(self, wanted: str) -> str:
        """Return an unused name, similar to `wanted`, for an input that the experiment assigns to no variable."""
        name = "".join(c if c.isalnum() else "_" for c in wanted) or "value"
        name = name if name.isidentifier() else f"value_{name}"
        while name in self._names:
            name += "_"
        self._names.add(name)
        return name

    def text(self) -> str:
        """Return the function with all edits, without its decorators and docstring."""
        first = self._offset(self._node.lineno, 0)
        edits = [*self.edits]
        for argument in ast.walk(self._node):
            if isinstance(argument, ast.arg) and annotates_given(argument) and argument.annotation is not None:
                start = self._offset(argument.lineno, argument.col_offset) + len(argument.arg.encode())
                edits.append(_Edit(start, self._span(argument.annotation)[1], ""))
        if ast.get_docstring(self._node) is not None and len(self._node.body) > 1:
            lines = self._node.body[0].lineno, (self._node.body[0].end_lineno or 0) + 1
            edits.append(_Edit(self._offset(lines[0], 0), self._offset(lines[1], 0), ""))
        last = self._offset((self._node.end_lineno or 0) + 1, 0)
        shifted = [_Edit(edit.start - first, edit.end - first, edit.text) for edit in edits]
        return textwrap.dedent(_apply(self._module.source[first:last], shifted)).rstrip()


def write_inputs(module: ModuleSource, node: ast.FunctionDef, draws: Sequence[Draw], taken: set[str]) -> LiteralInputs:
    """Return the source of an experiment with literal inputs. `taken`: names that new variables must not have."""
    body = _Body(module, node, draws, taken)
    body.write(node.body)
    return LiteralInputs(body.text(), frozenset(body.written))


def plain_source(module: ModuleSource, node: ast.stmt) -> str:
    """Return the source of a helper of the experiment, without annotations that name Given."""
    text = module.text(node)
    for argument in ast.walk(node):
        if isinstance(argument, ast.arg) and annotates_given(argument):
            text = text.replace(f"{argument.arg}: Given", argument.arg)
    return text


def _definition(name: str, draw: Draw, width: int) -> list[str]:
    """Return the lines that assign the literal of an input to a variable."""
    assert draw.value is not None
    if not draw.watched:
        lines = value_lines(f"{name} = ", draw.value, width)
    else:
        *lines, last = value_lines(f"{name} = given.keep({quoted(draw.name)}, ", draw.value, width - 1)
        lines = [*lines, last + ")"]
    return [lines[0].replace("numpy.array(", "np.array("), *lines[1:]]  # scripts import numpy under this name


def quoted(text: str) -> str:
    """Return a text as a Python literal, in double quotes if it needs no escapes there."""
    return f'"{text}"' if text.isprintable() and not set(text) & {'"', "\\"} else repr(text)


def _is_short(draw: Draw) -> bool:
    value: CallValue | None = draw.value
    return draw.place is not None and value is not None and count_numbers(value) <= MAX_SHOWN_NUMBERS


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls in a statement that Python evaluates exactly once, arguments before the calls that take them."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, REPEATED):
            yield from _calls(child)
    if isinstance(node, ast.Call):
        yield node


def _place(node: ast.Call) -> tuple[int | None, int | None, int | None, int | None]:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def _assigned_pairs(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """Return the pairs of name and expression of a plain assignment; empty for any other statement."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return [(name, value)]
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            if len(targets) == len(values) and all(isinstance(target, ast.Name) for target in targets):
                return [(ast.unparse(target), value) for target, value in zip(targets, values, strict=True)]
    return []


def _apply(source: bytes, edits: Sequence[_Edit]) -> str:
    """Return the source with these edits, which do not overlap, applied."""
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        source = source[: edit.start] + edit.text.encode() + source[edit.end :]
    return source.decode()
