"""Files of a new exercise: a small working example, which the author then changes.

The example has a solution with BEGIN and END marks around each answer, a public and a hidden experiment, a mistake, an
alternative solution, hints and a lesson, in the languages of the course. The doctor has no finding about the example,
so later findings are about the author's changes.
"""

from __future__ import annotations

import keyword
import textwrap
from collections.abc import Sequence
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.language import LANGUAGES
from grader.core.text import ENGLISH, Text
from grader.course.discovery import HIDDEN, PUBLIC, SOLUTIONS
from grader.course.exercise import Course

TITLE = Text(en="Squares", zh="平方")
ABOUT = Text(en="Squares.", zh="平方。")
HEADINGS = {"zh": "中文 (zh)\n---------"}
"""Headings of the parts of a docstring; for other languages the heading is the code alone."""
CONTRACT = Text(
    en="""\
Return the square of every element.

Args:
    x: any shape

Returns:
    A tensor of the same shape, with its graph.

Example:
    >>> import torch
    >>> {function}(torch.tensor([2.0, -3.0]))
    tensor([4., 9.])""",
    zh="""\
返回每个元素的平方。

参数：
    x：任意形状

返回：
    同形状的张量，保留计算图。

示例：
    >>> import torch
    >>> {function}(torch.tensor([2.0, -3.0]))
    tensor([4., 9.])""",
)
SOLUTION = '''
def {function}(x: Tensor) -> Tensor:
    """{contract}
    """
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION
'''
HIDDEN_CLAIM = Text(en="The gradient flows back to x.", zh="梯度一路传回 x。")
HIDDEN_EXPERIMENT = '''
@experiment({claims})
def gradient_of_{function}({function}, given: Given):
    """{claim}"""
    x = given.tensor("x", 3, requires_grad=True)
    return given.gradients({function}(x), x=x)
'''
CLAIM = Text(en="Every element is squared on its own.", zh="每个元素各自平方。")
EXPERIMENT = '''
@experiment({claims})
def every_element_of_{function}({function}, given: Given):
    """{claim}"""
    return {{"result": {function}(given.tensor("x", 3, 4))}}
'''
MISTAKE_HINT = Text(en="What is the square of 3?", zh="3 的平方是多少？")
MISTAKE = """
[{function}.doubled]
{hint}
old = "x * x"
new = "x + x"
"""
HINTS = {
    "nudge": Text(en="What has to be multiplied with what?", zh="什么要和什么相乘？"),
    "pointer": Text(en="Arithmetic on tensors works element by element.", zh="张量的算术运算是逐元素进行的。"),
    "idea": Text(
        en="Multiply the tensor with itself; its graph comes along by itself.",
        zh="让张量与自己相乘；计算图会自己跟上。",
    ),
}
LESSON = HINTS["pointer"]
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
    files = _files(name, functions, course.languages if course.exercises else LANGUAGES)
    if taken := [str(path) for path in files if (course.root / path).exists()]:
        raise UsageError(
            "These files exist already: {files}. Remove them, or choose another name", files=", ".join(taken)
        )
    return files


def _files(name: str, functions: Sequence[str], languages: Sequence[str]) -> dict[Path, str]:
    """Return the files of the example in some languages. For a language that the example lacks, the text is English."""

    def each(template: str, **texts: str) -> str:
        return "\n".join(template.format(function=function, **texts) for function in functions)

    def experiments(template: str, claim: Text) -> str:
        return each(template, claim=claim.in_(ENGLISH), claims=_arguments(claim, languages[1:]))

    points = ", ".join(f'"{function}": 2' for function in functions)
    declared = f"exercise({_arguments(TITLE, languages)}, points={{{points}}})\n\n"
    about = _docstring(ABOUT, languages)
    about += "\n" * ("\n" in about)
    contract = textwrap.indent(_docstring(CONTRACT, languages), "    ").strip()
    solution = each(SOLUTION.replace("{contract}", contract))
    public = experiments(EXPERIMENT, CLAIM)
    hints = "\n".join(line for level, hint in HINTS.items() for line in _toml(hint, languages, f"{level}."))
    lesson = "\n\n".join(f"<!-- {language} -->\n{LESSON.in_(language)}" for language in languages)
    return {
        SOLUTIONS / f"{name}.py": f'"""{about}"""\n\nfrom torch import Tensor\n\n{solution}',
        PUBLIC / f"test_{name}.py": f"from grader import Given, exercise, experiment\n\n{declared}{public}",
        HIDDEN / f"test_{name}.py": "from grader import Given, experiment\n\n"
        + experiments(HIDDEN_EXPERIMENT, HIDDEN_CLAIM),
        SOLUTIONS / "mistakes" / f"{name}.toml": each(MISTAKE, hint="\n".join(_toml(MISTAKE_HINT, languages))).lstrip(),
        SOLUTIONS / "alternatives" / f"{name}_powers.py": f'"""Powers instead of products."""\n{each(ALTERNATIVE)}',
        SOLUTIONS / "hints" / f"{name}.toml": each("\n[{function}]\n{hints}\n", hints=hints).lstrip(),
        SOLUTIONS / "notebooks" / f"{name}.md": each("\n# {function}\n\n{lesson}\n", lesson=lesson).lstrip(),
    }


def _docstring(text: Text, languages: Sequence[str]) -> str:
    """Return a docstring with a part for each language, in the form that `grader.course.docstrings` reads."""
    parts = [text.in_(ENGLISH)]
    for language in languages[1:]:
        heading = HEADINGS.get(language, f"({language})\n{'-' * len(f'({language})')}")
        parts.append(f"{heading}\n{text.in_(language)}")
    return "\n\n".join(parts)


def _arguments(text: Text, languages: Sequence[str]) -> str:
    """Return keyword arguments: zh="...", de="..."."""
    return ", ".join(f'{language}="{text.in_(language)}"' for language in languages)


def _toml(text: Text, languages: Sequence[str], prefix: str = "") -> list[str]:
    """Return a line of TOML for each language: zh = "..."."""
    return [f'{prefix}{language} = "{text.in_(language)}"' for language in languages]
