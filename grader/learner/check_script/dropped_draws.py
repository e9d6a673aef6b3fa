"""Find the draws that literals replace, because the script must still make them.

The script drops their values. If the script did not make these draws, later draws would get other random numbers.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from grader.learner.check_script.draws import Draw
from grader.learner.check_script.literal_inputs import LiteralInputs
from grader.learner.check_script.module_source import DEFINITIONS
from grader.learner.check_script.used_definitions import (
    GIVEN,
    drawing_attributes,
    methods_used,
)

LOOPS = (
    ast.For,
    ast.While,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    *DEFINITIONS.__args__,
)


def dropped_draws(draws: Sequence[Draw], inputs: LiteralInputs, node: ast.FunctionDef) -> dict[int, list[str]]:
    """Return the calls of the draws that literals replace, in a dict with the draw that follows them as key.

    A key is the number of a draw that is not replaced, counted from 0; its value lists the replaced draws directly
    before it.
    """
    found: dict[int, list[str]] = {}
    number, pending = 0, list[str]()
    for draw in draws:
        if draw in inputs.written:
            pending.append(draw.call)
        else:
            if pending:
                found[number] = pending
            number, pending = number + 1, []
    if pending and _may_draw_again(node, number):
        found[number] = pending
    return found


def _may_draw_again(node: ast.FunctionDef, drawn: int) -> bool:
    """Return whether an experiment with literal inputs may make more than `drawn` draws.

    An experiment may make more draws if it passes Given to other code, draws in a loop or in a nested function, or has
    more than `drawn` uses of attributes that draw.
    """
    drawing, own = drawing_attributes(), {"given", GIVEN}
    inside = {
        id(part) for loop in ast.walk(node) if isinstance(loop, LOOPS) and loop is not node for part in ast.walk(loop)
    }
    bases = [part.value for part in ast.walk(node) if isinstance(part, ast.Attribute)]
    passed = [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in own and n not in bases]
    uses = [p for p in ast.walk(node) if isinstance(p, ast.Attribute) and methods_used(p, "given") & drawing]
    return bool(passed) or any(id(part) in inside for part in uses) or len(uses) > drawn
