"""Lessons: the texts and examples that an author writes for the notebook of an exercise.

A lesson is a Markdown file, solutions/notebooks/EXERCISE.md:

    # start                     section before the first function; also `# FUNCTION` for each function, and `# end`
    <!-- en -->                 text in English
    <!-- zh -->                 the same text in another language of the exercise; all languages become one cell
    ```python                   example: becomes one cell. It must run before the student has written any function
    ```

A heading inside a text begins with ## or more. An example must not contain an answer.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.core.errors import AuthoringError
from grader.core.text import ENGLISH, Text

START, END = "start", "end"
_SECTION = re.compile(r"# +(\S.*?)\s*$")
_LANGUAGE = re.compile(r"<!-- *(\w+) *-->\s*$")
_FENCE = re.compile(r"(`{3,}|~{3,})\s*(\w*)\s*$")

_WIDE = r"[\u3000-\u9fff\uff00-\uffef\u201c\u201d\u2026\u2014]"
_BREAK = re.compile(rf"(?<={_WIDE})\n(?={_WIDE})")
"""A line break between two Chinese characters. `lessons` removes such a line break, because a browser would show it as
a space."""


@dataclass(frozen=True)
class Example:
    """Code cell with an example that the student runs."""

    code: str


@dataclass(frozen=True)
class Lesson:
    """Texts and examples of one notebook: the cells of each section (`start`, the name of a function, or `end`)."""

    sections: Mapping[str, tuple[Text | Example, ...]] = field(default_factory=dict)

    def cells(self, section: str) -> tuple[Text | Example, ...]:
        """Return the cells of one section, or no cells if the lesson has no such section."""
        return self.sections.get(section, ())


def read_lesson(
    file: Path, functions: Collection[str], languages: Sequence[str]
) -> tuple[Lesson, list[AuthoringError]]:
    """Return the lesson in `file` and its faults. If there is no such file, return an empty lesson and no faults.

    `languages` are the languages of the exercise. Each text must be in all of them.
    """
    if not file.is_file():
        return Lesson(), []
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Lesson(), [AuthoringError(file, f"cannot be read: {error}", "save it as UTF-8 text")]
    reader = _Reader(file, functions, languages)
    for number, line in enumerate(text.splitlines(), 1):
        reader.read_line(number, line)
    reader.finish()
    return Lesson({name: tuple(cells) for name, cells in reader.sections.items()}), reader.errors


@dataclass
class _Reader:
    """Reads a lesson line by line.

    part: part to which the next line belongs: a language code, "python" for an example, or "" for none.
    part_start: number of the line at which the part starts.
    fence: characters that close the code block around the current line; empty outside of code blocks.
    lines, texts: lines of the current part, and the texts of the current cell by language code.
    """

    file: Path
    functions: Collection[str]
    languages: Sequence[str]
    sections: dict[str, list[Text | Example]] = field(default_factory=dict)
    errors: list[AuthoringError] = field(default_factory=list)
    section: str = ""
    part: str = ""
    part_start: int = 0
    fence: str = ""
    lines: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def read_line(self, number: int, line: str) -> None:
        """Read the next line of the file."""
        if self.fence:
            self._in_fence(line)
        elif heading := _SECTION.match(line):
            self._end_text()
            self._open_section(number, heading[1])
        elif language := _LANGUAGE.match(line):
            self._open_language(number, language[1])
        elif (fence := _FENCE.match(line)) and (fence[2] == "python" or self.part):
            self._open_fence(number, line, fence)
        elif self.part:
            self.lines.append(line)
        elif line.strip():
            self._report(
                number,
                "text without a language",
                f"write <!-- en --> above it, and the same text for each language: {', '.join(self.languages)}",
            )

    def finish(self) -> None:
        """End the last part, and report functions without a section."""
        if self.fence:
            self._report(self.part_start, "the example does not end", f"close it with {self.fence}")
            self.fence = ""
        self._end_text()
        for function in self.functions:
            if function not in self.sections:
                self._report(0, f"{function} has no section", f"write `# {function}` and a text that explains the idea")

    def _open_section(self, number: int, name: str) -> None:
        if name not in (START, END, *self.functions):
            cure = f"sections are {START}, {', '.join(self.functions)} and {END}; headings inside a text begin with ##"
            self._report(number, f"unknown section {name!r}", cure)
        elif name in self.sections:
            self._report(number, f"a second section {name}", "merge the two sections")
        self.section = name
        self.sections.setdefault(name, [])

    def _open_language(self, number: int, language: str) -> None:
        if language not in self.languages:
            cure = f"the languages of the exercise are those of its title: {', '.join(self.languages)}"
            self._report(number, f"unknown language {language!r}", cure)
        if language in (ENGLISH, self.part) or language in self.texts:  # the language starts a new cell
            self._end_text()
        else:
            self._store_text()
        self.part, self.part_start = language, number

    def _open_fence(self, number: int, line: str, fence: re.Match[str]) -> None:
        self.fence = fence[1]
        if fence[2] == "python":
            self._end_text()
            self.part, self.part_start = "python", number
        else:
            self.lines.append(line)

    def _in_fence(self, line: str) -> None:
        ends = line.strip() == self.fence
        if ends:
            self.fence = ""
        if self.part != "python":
            self.lines.append(line)
        elif ends:
            self._add_example()
        else:
            self.lines.append(line)

    def _add_example(self) -> None:
        code = "\n".join(self.lines).strip("\n")
        try:
            ast.parse(code)
        except SyntaxError as error:
            self._report(self.part_start + (error.lineno or 1), f"syntax error: {error.msg}", "correct the example")
        self._add(Example(code))
        self.part, self.lines = "", []

    def _store_text(self) -> None:
        if self.part in self.languages:
            text = "\n".join(self.lines).strip()
            self.texts[self.part] = text if "```" in text else _BREAK.sub("", text)
        self.lines = []

    def _end_text(self) -> None:
        """Add the current text as a cell, if there is one."""
        self._store_text()
        if self.texts:
            missing = [language for language in self.languages if not self.texts.get(language)]
            for language in missing:
                self._report(self.part_start, f"the text is empty in {language}", f"write it below <!-- {language} -->")
            self._add(Text(**{language: self.texts.get(language, "") for language in self.languages}))
        self.part, self.texts = "", {}

    def _add(self, cell: Text | Example) -> None:
        if not self.section:
            self._report(self.part_start, "a text or example before the first section", f"write `# {START}` above it")
        self.sections.setdefault(self.section, []).append(cell)

    def _report(self, number: int, found: str, cure: str) -> None:
        place = f"{self.file}:{number}" if number else str(self.file)
        self.errors.append(AuthoringError(place, found, cure))
