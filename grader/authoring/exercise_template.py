"""Files of a new exercise: a small example that works, for an author to change.

The example has a solution with marks, a public and a hidden experiment, a mistake, an alternative solution, hints and a
lesson. The doctor has no finding in it, so later findings are about the author's changes.
"""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from pathlib import Path

from grader.core.errors import UsageError
from grader.course.discovery import HIDDEN, PUBLIC, SOLUTIONS
from grader.course.exercise import Course

SOLUTION = '''
def {function}(x: Tensor) -> Tensor:
    """Return the square of every element.

    返回每个元素的平方。

    x: any shape                                                         (任意形状)
    Returns a tensor of the same shape, with its graph.                  (返回同形状的张量，保留计算图)
    """
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION
'''
HIDDEN_EXPERIMENT = '''
@experiment(zh="梯度一路传回 x。")
def gradient_of_{function}({function}, given: Given):
    """The gradient flows back to x."""
    x = given.tensor("x", 3, requires_grad=True)
    return given.gradients({function}(x), x=x)
'''
EXPERIMENT = '''
@experiment(zh="每个元素各自平方。")
def every_element_of_{function}({function}, given: Given):
    """Every element is squared on its own."""
    return {{"result": {function}(given.tensor("x", 3, 4))}}
'''
MISTAKE = """
[{function}.doubled]
en = "What is the square of 3?"
zh = "3 的平方是多少？"
old = "x * x"
new = "x + x"
"""
HINTS = """
[{function}]
nudge.en = "What has to be multiplied with what?"
nudge.zh = "什么要和什么相乘？"
pointer.en = "Arithmetic on tensors works element by element."
pointer.zh = "张量的算术运算是逐元素进行的。"
idea.en = "Multiply the tensor with itself; its graph comes along by itself."
idea.zh = "让张量与自己相乘；计算图会自己跟上。"
"""
LESSON = """
# {function}

<!-- en -->
Arithmetic on tensors works element by element.

<!-- zh -->
张量的算术运算是逐元素进行的。
"""
ALTERNATIVE = """

def {function}(x):
    return x.pow(2)
"""


def new_exercise_files(course: Course, name: str, functions: Sequence[str]) -> dict[Path, str]:
    """Return path (relative to the course) and text of each file. Raises UsageError for an invalid or used name."""
    for word in (name, *functions):
        if not word.isidentifier() or keyword.iskeyword(word):
            raise UsageError(
                "{word} is not a valid name. Use a Python identifier, such as ex10_square or square", word=word
            )
    if name in {exercise.name for exercise in course.exercises}:
        raise UsageError("Exercise {name} exists already. Choose another name", name=name)
    for function in functions:
        if function in course.exercise_of:
            raise UsageError(
                "{function} is already in {exercise}. Choose another name: functions of a course have different names",
                function=function,
                exercise=course.exercise_of[function].name,
            )
    files = _files(name, functions)
    if taken := [str(path) for path in files if (course.root / path).exists()]:
        raise UsageError(
            "These files exist already: {files}. Remove them, or choose another name", files=", ".join(taken)
        )
    return files


def _files(name: str, functions: Sequence[str]) -> dict[Path, str]:
    def each(template: str) -> str:
        return "\n".join(template.format(function=function) for function in functions)

    points = ", ".join(f'"{function}": 2' for function in functions)
    declared = f'exercise(en="Squares", zh="平方", points={{{points}}})\n\n'
    return {
        SOLUTIONS / f"{name}.py": f'"""Squares (平方)."""\n\nfrom torch import Tensor\n\n{each(SOLUTION)}',
        PUBLIC / f"test_{name}.py": f"from grader import Given, exercise, experiment\n\n{declared}{each(EXPERIMENT)}",
        HIDDEN / f"test_{name}.py": f"from grader import Given, experiment\n\n{each(HIDDEN_EXPERIMENT)}",
        SOLUTIONS / "mistakes" / f"{name}.toml": each(MISTAKE).lstrip(),
        SOLUTIONS / "alternatives" / f"{name}_powers.py": f'"""Powers instead of products."""\n{each(ALTERNATIVE)}',
        SOLUTIONS / "hints" / f"{name}.toml": each(HINTS).lstrip(),
        SOLUTIONS / "notebooks" / f"{name}.md": each(LESSON).lstrip(),
    }
