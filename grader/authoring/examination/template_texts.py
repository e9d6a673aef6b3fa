"""Find placeholders: texts that `grader new` wrote, that the author has not replaced, and that students would read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from grader.authoring.doctor_report import Finding
from grader.authoring.exercise_template import EXAMPLE, HINT_LEVELS, PLACEHOLDERS, WHAT_TO_WRITE
from grader.core.text import Text
from grader.course.discovery import HIDDEN, NOTEBOOKS, PUBLIC, SOLUTIONS
from grader.course.library import ExerciseFiles


@dataclass(frozen=True)
class _Written:
    """A text of an exercise.

    file: the file that contains the text.
    part: the part of the file to which the text belongs, such as "[square]" or "[square] nudge".
    function: name of the function that the text is about; empty if it is about the whole exercise.
    """

    file: Path
    part: str
    function: str
    text: str


def find_template_texts(files: ExerciseFiles) -> Iterator[Finding]:
    """Yield a finding for each part of a file whose text contains a line of `exercise_template.PLACEHOLDERS`.

    The place of a finding is the file, relative to the course, and the part of the file. If a text has several
    languages, there is one finding, which quotes the placeholder lines in all languages.
    """
    left: dict[str, dict[str, str]] = {}
    for written in _texts(files):
        text = _in_one_line(written.text)
        lines = left.setdefault(f"{written.file} {written.part}".strip(), {})
        for name, line in _placeholder_lines(written.function):
            if line in text and not any(line in longer for longer in lines):
                lines[line] = name
    for place, names in ((place, names) for place, names in left.items() if names):
        quoted = ", ".join(f'"{line}"' for line in names)
        yield Finding(
            place, f"text that `grader new` wrote is left: {quoted}", WHAT_TO_WRITE[next(iter(names.values()))]
        )


@cache
def _placeholder_lines(function: str) -> tuple[tuple[str, str], ...]:
    """Return (name of the text, line) for each line that occurs in a placeholder and not in the example.

    The longest lines come first, because a short line may also be a part of a longer line.
    """
    found = []
    for field in fields(PLACEHOLDERS):
        shared = {line for text in getattr(EXAMPLE, field.name).every for line in _lines(text, function)}
        placeholder: Text = getattr(PLACEHOLDERS, field.name)
        lines = (line for text in placeholder.every for line in _lines(text, function))
        found += [(field.name, line) for line in lines if line not in shared]
    return tuple(sorted(found, key=lambda item: -len(item[1])))


def _lines(text: str, function: str) -> list[str]:
    return [_in_one_line(line) for line in text.replace("{function}", function).splitlines() if line.strip()]


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _texts(files: ExerciseFiles) -> Iterator[_Written]:
    """Yield all texts that an author writes for an exercise."""
    exercise, name = files.exercise, files.exercise.name
    public, solution = PUBLIC / f"test_{name}.py", SOLUTIONS / files.file
    yield from (_Written(public, "exercise()", "", text) for text in exercise.title.every)
    tree = ast.parse(files.solution)
    yield _Written(solution, "", "", ast.get_docstring(tree) or "")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield _Written(solution, f"[{node.name}]", node.name, ast.get_docstring(node) or "")
    for check in exercise.checks:
        file = HIDDEN / public.name if check.hidden else public
        yield from (_Written(file, f"[{check.name}]", check.function, text) for text in check.claim.every)
    for mistake in files.mistakes:
        file, part = SOLUTIONS / "mistakes" / f"{name}.toml", f"[{mistake.function}.{mistake.name}]"
        yield from (_Written(file, part, mistake.function, text) for text in (*mistake.hint.every, mistake.belief))
    for alternative in files.alternatives:
        docstring = ast.get_docstring(ast.parse(alternative.data)) or ""
        yield _Written(SOLUTIONS / "alternatives" / alternative.path, "", "", docstring)
    yield from _hints_and_lesson(files)


def _hints_and_lesson(files: ExerciseFiles) -> Iterator[_Written]:
    name = files.exercise.name
    for function, hints in files.hints.items():
        for level, hint in zip(HINT_LEVELS, hints, strict=True):
            file, part = SOLUTIONS / "hints" / f"{name}.toml", f"[{function}] {level}"
            yield from (_Written(file, part, function, text) for text in hint.every)
    for section, cells in files.lesson.sections.items():
        for cell in cells:
            if isinstance(cell, Text):
                file = SOLUTIONS / NOTEBOOKS / f"{name}.md"
                yield from (_Written(file, f"# {section}", section, text) for text in cell.every)
