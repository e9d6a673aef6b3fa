"""Files of a new exercise: a small complete exercise, which the author then changes.

The exercise has a solution with BEGIN and END marks around each answer, a public and a hidden experiment, a mistake, an
alternative solution, hints and a lesson, in the languages of the course. The code of the new exercise squares a tensor.
The texts of the new exercise have two versions. `grader init` writes EXAMPLE, texts that describe this code. `grader
new` writes PLACEHOLDERS, texts that tell the author what to write in their place. The doctor reports placeholders that
the author has not replaced (`examination.template_texts`).
"""

from __future__ import annotations

import keyword
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.text import ENGLISH, Text
from grader.course.discovery import HIDDEN, PUBLIC, SOLUTIONS
from grader.course.exercise import Course


@dataclass(frozen=True)
class ExerciseTexts:
    """One version of all texts of an exercise. `{function}` stands for the name of the function.

    title: title of the exercise.
    about: docstring of the solution's module.
    contract: docstring of a function.
    claim, hidden_claim: docstrings of the public and of the hidden experiment.
    mistake_hint: hint of the known mistake.
    nudge, pointer, idea: the three hints of a function.
    lesson: text above a function in the notebook.
    alternative: docstring of the alternative solution, in English only, since students never read it.
    """

    title: Text
    about: Text
    contract: Text
    claim: Text
    hidden_claim: Text
    mistake_hint: Text
    nudge: Text
    pointer: Text
    idea: Text
    lesson: Text
    alternative: Text


EXAMPLE = ExerciseTexts(
    title=Text(en="Squares", zh="平方"),
    about=Text(en="Squares.", zh="平方。"),
    contract=Text(
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
    ),
    claim=Text(en="Every element is squared on its own.", zh="每个元素各自平方。"),
    hidden_claim=Text(en="The gradient flows back to x.", zh="梯度一路传回 x。"),
    mistake_hint=Text(en="What is the square of 3?", zh="3 的平方是多少？"),
    nudge=Text(en="What has to be multiplied with what?", zh="什么要和什么相乘？"),
    pointer=Text(en="Arithmetic on tensors works element by element.", zh="张量的算术运算是逐元素进行的。"),
    idea=Text(
        en="Multiply the tensor with itself; its graph comes along by itself.",
        zh="让张量与自己相乘；计算图会自己跟上。",
    ),
    lesson=Text(
        en="The square of a tensor holds the square of each of its elements.",
        zh="张量的平方由它每个元素的平方组成。",
    ),
    alternative=Text(en="Powers instead of products."),
)
"""Texts that describe the code of the template. `grader init` writes them."""

PLACEHOLDERS = ExerciseTexts(
    title=Text(en="Title of the exercise", zh="练习的标题"),
    about=Text(en="What this exercise is about, in one line.", zh="用一行写明本练习的内容。"),
    contract=Text(
        en="""\
What {function} returns, in one line.

Args:
    x: its shape, and what it means

Returns:
    Its shape and type, and whether it keeps its graph.

Example:
    >>> import torch
    >>> {function}(torch.tensor([0.5, -1.5]))
    tensor([0.2500, 2.2500])""",
        zh="""\
用一行写明 {function} 返回什么。

参数：
    x：它的形状和含义

返回：
    返回值的形状和类型，是否保留计算图。

示例：
    >>> import torch
    >>> {function}(torch.tensor([0.5, -1.5]))
    tensor([0.2500, 2.2500])""",
    ),
    claim=Text(
        en="What this check proves about the function, in one sentence.", zh="用一句话写明这项检查对函数的要求。"
    ),
    hidden_claim=Text(
        en="What this hidden check proves about the function, in one sentence.",
        zh="用一句话写明这项隐藏检查对函数的要求。",
    ),
    mistake_hint=Text(en="Which question leads a student to this mistake?", zh="怎样提问能让学生自己发现这个错误？"),
    nudge=Text(en="Which question about the idea comes first?", zh="关于思路，最先要问的是什么？"),
    pointer=Text(en="Where can a student look it up?", zh="学生可以到哪里去查？"),
    idea=Text(en="What is the plan, in words and without code?", zh="不写代码，怎样用文字说明做法？"),
    lesson=Text(en="What students read before they write this function.", zh="学生动手写这个函数之前要读的内容。"),
    alternative=Text(en="How this solution differs from the other one."),
)
"""Texts that tell the author what to write in their place. `grader new` writes them."""

WHAT_TO_WRITE = {
    "title": "write the title of the exercise",
    "about": "write what the exercise is about",
    "contract": "write what the function does, its arguments, what it returns, and an example with numbers",
    "claim": "write the claim: one sentence about the student's function that this check proves",
    "hidden_claim": "write the claim: one sentence about the student's function that this check proves",
    "mistake_hint": "write the hint: a question that shows a student with this mistake where to look",
    "nudge": "write the first hint: a question about the idea",
    "pointer": "write the second hint: where to look",
    "idea": "write the third hint: the plan in words, without code",
    "lesson": "write what students read before they write the function",
    "alternative": "write how this solution differs from the other one",
}
"""Name of a text of `ExerciseTexts` -> what the author must do about its placeholder."""

HINT_LEVELS = ("nudge", "pointer", "idea")
HEADINGS = {"zh": "中文 (zh)\n---------"}
"""Language -> heading of its part of a docstring. The heading of any other language is the code of the language."""
SOLUTION = '''
def {function}(x: Tensor) -> Tensor:
    """{contract}
    """
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION
'''
HIDDEN_EXPERIMENT = '''
@experiment({claims})
def gradient_of_{function}({function}, given: Given):
    """{claim}"""
    x = given.tensor("x", 3, requires_grad=True)
    return given.gradients({function}(x), x=x)
'''
EXPERIMENT = '''
@experiment({claims})
def every_element_of_{function}({function}, given: Given):
    """{claim}"""
    return {{"result": {function}(given.tensor("x", 3, 4))}}
'''
MISTAKE = """
[{function}.doubled]
{hint}
old = "x * x"
new = "x + x"
"""
ALTERNATIVE = """
def {function}(x):
    return x.pow(2)
"""


def new_exercise_files(course: Course, name: str, functions: Sequence[str]) -> dict[Path, str]:
    """Return the files of a new exercise with placeholders: path relative to the course -> text.

    Raises UsageError if a name is not valid or is used already, or if a file exists already.
    """
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
    files = exercise_files(name, functions, course.languages, PLACEHOLDERS)
    if taken := [str(path) for path in files if (course.root / path).exists()]:
        raise UsageError(
            "These files exist already: {files}. Remove these files, or choose another name", files=", ".join(taken)
        )
    return files


def exercise_files(
    name: str, functions: Sequence[str], languages: Sequence[str], texts: ExerciseTexts
) -> dict[Path, str]:
    """Return the files of an exercise: path relative to the course -> text.

    languages: the languages of the course, English first. For a language that `texts` lacks, the text is English.
    texts: EXAMPLE or PLACEHOLDERS.
    """

    def each(template: str, between: str = "\n", **words: str) -> str:
        return between.join(template.format(function=function, **words) for function in functions)

    def experiments(template: str, claim: Text) -> str:
        return each(template, claim=claim.in_(ENGLISH), claims=_arguments(claim, languages[1:]))

    points = ", ".join(f'"{function}": 2' for function in functions)
    declared = f"exercise({_arguments(texts.title, languages)}, points={{{points}}})\n\n"
    about = _docstring(texts.about, languages)
    about += "\n" * ("\n" in about)
    contract = textwrap.indent(_docstring(texts.contract, languages), "    ").strip()
    solution = each(SOLUTION.replace("{contract}", contract))
    public = experiments(EXPERIMENT, texts.claim)
    hints = "\n".join(line for level in HINT_LEVELS for line in _toml(getattr(texts, level), languages, f"{level}."))
    lesson = "\n\n".join(f"<!-- {language} -->\n{texts.lesson.in_(language)}" for language in languages)
    return {
        SOLUTIONS / f"{name}.py": f'"""{about}"""\n\nfrom torch import Tensor\n\n{solution}',
        PUBLIC / f"test_{name}.py": f"from grader import Given, exercise, experiment\n\n{declared}{public}",
        HIDDEN / f"test_{name}.py": "from grader import Given, experiment\n\n"
        + experiments(HIDDEN_EXPERIMENT, texts.hidden_claim),
        SOLUTIONS / "mistakes" / f"{name}.toml": each(
            MISTAKE, "", hint="\n".join(_toml(texts.mistake_hint, languages))
        ).lstrip(),
        SOLUTIONS / "alternatives" / f"{name}_powers.py": f'"""{texts.alternative.in_(ENGLISH)}"""\n\n'
        + each(ALTERNATIVE),
        SOLUTIONS / "hints" / f"{name}.toml": each("\n[{function}]\n{hints}\n", "", hints=hints).lstrip(),
        SOLUTIONS / "notebooks" / f"{name}.md": each("\n# {function}\n\n{lesson}\n", "", lesson=lesson).lstrip(),
    }


def _docstring(text: Text, languages: Sequence[str]) -> str:
    """Return a docstring with a part for each language, in the form that `grader.course.docstrings` reads."""
    parts = [text.in_(ENGLISH)]
    for language in languages[1:]:
        heading = HEADINGS.get(language, f"({language})\n{'-' * len(f'({language})')}")
        parts.append(f"{heading}\n{text.in_(language)}")
    return "\n\n".join(parts)


def _arguments(text: Text, languages: Sequence[str]) -> str:
    """Return the text in all languages as keyword arguments of Python, such as `zh="...", de="..."`."""
    return ", ".join(f'{language}="{text.in_(language)}"' for language in languages)


def _toml(text: Text, languages: Sequence[str], prefix: str = "") -> list[str]:
    """Return the text as lines of TOML, such as `zh = "..."`, one for each language."""
    return [f'{prefix}{language} = "{text.in_(language)}"' for language in languages]
