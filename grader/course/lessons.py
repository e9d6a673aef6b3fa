"""The texts and examples of an exercise's notebook, which an author writes beside the solution.

solutions/notebooks/EXERCISE.md, a Markdown file that reads well as it is:

    # start                     before the first function; then `# a_function` before each, and `# end` after the last
    <!-- en -->                 a text in English,
    <!-- zh -->                 and the same in Chinese: one cell
    ```python                   an example, run live: one cell. It holds no answer, and needs no answer to run
    ```

Headings inside a text begin with ## or more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.core.errors import AuthoringError

START, END = "start", "end"
_SECTION = re.compile(r"# +(\S.*?)\s*$")
_LANGUAGE = re.compile(r"<!-- *(\w+) *-->\s*$")
_FENCE = re.compile(r"(`{3,}|~{3,})\s*(\w*)\s*$")

_WIDE = r"[\u3000-\u9fff\uff00-\uffef\u201c\u201d\u2026\u2014]"
_BREAK = re.compile(rf"(?<={_WIDE})\n(?={_WIDE})")
"""A line that goes on between two Chinese characters: a browser would show a blank there."""


@dataclass(frozen=True)
class Text:
    """A text cell, in both languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class Example:
    """A code cell that shows something."""

    code: str


@dataclass(frozen=True)
class Lesson:
    """What stands between the functions of a notebook: the cells of each section, by its name."""

    sections: Mapping[str, tuple[Text | Example, ...]] = field(default_factory=dict)

    def cells(self, section: str) -> tuple[Text | Example, ...]:
        """The cells of one section; none when the author wrote none."""
        return self.sections.get(section, ())


def read_lesson(file: Path, functions: Collection[str]) -> tuple[Lesson, list[AuthoringError]]:
    """The lesson of one exercise and what is wrong with it; an exercise may have none."""
    if not file.is_file():
        return Lesson(), []
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Lesson(), [AuthoringError(file, f"cannot be read: {error}", "save it as UTF-8 text")]
    reader = _Reader(file, functions)
    for number, line in enumerate(text.splitlines(), 1):
        reader.take(number, line)
    reader.finish()
    return Lesson({name: tuple(cells) for name, cells in reader.sections.items()}), reader.errors


@dataclass
class _Reader:
    """Takes the file line by line. `part` is where a line goes: a language, the fence of an example, or nowhere."""

    file: Path
    functions: Collection[str]
    sections: dict[str, list[Text | Example]] = field(default_factory=dict)
    errors: list[AuthoringError] = field(default_factory=list)
    section: str = ""
    part: str = ""
    begun: int = 0
    fence: str = ""
    lines: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def take(self, number: int, line: str) -> None:
        """One line of the file."""
        if self.fence:
            self._in_fence(line)
        elif heading := _SECTION.match(line):
            self._close()
            self._open_section(number, heading[1])
        elif language := _LANGUAGE.match(line):
            self._open_language(number, language[1])
        elif (fence := _FENCE.match(line)) and (fence[2] == "python" or self.part):
            self._open_fence(number, line, fence)
        elif self.part:
            self.lines.append(line)
        elif line.strip():
            self._complain(
                number, "a text without a language", "write <!-- en --> above it, and the same below <!-- zh -->"
            )

    def finish(self) -> None:
        """The end of the file."""
        if self.fence:
            self._complain(self.begun, "an example that does not end", f"close it with {self.fence}")
            self.fence = ""
        self._close()
        for function in self.functions:
            if function not in self.sections:
                self._complain(0, f"{function} has no section", f"write `# {function}` and a text that says the idea")

    def _open_section(self, number: int, name: str) -> None:
        if name not in (START, END, *self.functions):
            cure = f"known are {START}, {', '.join(self.functions)} and {END}; headings inside a text begin with ##"
            self._complain(number, f"there is no section {name!r}", cure)
        elif name in self.sections:
            self._complain(number, f"a second section {name}", "put both into one")
        self.section = name
        self.sections.setdefault(name, [])

    def _open_language(self, number: int, language: str) -> None:
        if language not in ("en", "zh"):
            self._complain(number, f"there is no language {language!r}", "write en or zh")
        if language == "en" or self.part == language:
            self._close()
        else:
            self._keep_text()
        self.part, self.begun = language, number

    def _open_fence(self, number: int, line: str, fence: re.Match[str]) -> None:
        self.fence = fence[1]
        if fence[2] == "python":
            self._close()
            self.part, self.begun = "python", number
        else:
            self.lines.append(line)

    def _in_fence(self, line: str) -> None:
        ends = line.strip() == self.fence
        if ends:
            self.fence = ""
        if self.part != "python":
            self.lines.append(line)
        elif ends:
            self._keep_example()
        else:
            self.lines.append(line)

    def _keep_example(self) -> None:
        code = "\n".join(self.lines).strip("\n")
        try:
            ast.parse(code)
        except SyntaxError as error:
            self._complain(self.begun + (error.lineno or 1), f"no Python: {error.msg}", "mend the example")
        self._add(Example(code))
        self.part, self.lines = "", []

    def _keep_text(self) -> None:
        if self.part in ("en", "zh"):
            text = "\n".join(self.lines).strip()
            self.texts[self.part] = text if "```" in text else _BREAK.sub("", text)
        self.lines = []

    def _close(self) -> None:
        """End the text that is open, if one is."""
        self._keep_text()
        if self.texts:
            missing = [language for language in ("en", "zh") if not self.texts.get(language)]
            for language in missing:
                self._complain(
                    self.begun, f"a text that is empty in {language}", f"say it below <!-- {language} -->, too"
                )
            self._add(Text(self.texts.get("en", ""), self.texts.get("zh", "")))
        self.part, self.texts = "", {}

    def _add(self, cell: Text | Example) -> None:
        if not self.section:
            self._complain(self.begun, "it belongs to no section", f"write `# {START}` above it")
        self.sections.setdefault(self.section, []).append(cell)

    def _complain(self, number: int, found: str, cure: str) -> None:
        place = f"{self.file}:{number}" if number else str(self.file)
        self.errors.append(AuthoringError(place, found, cure))


def examples(lesson: Lesson) -> Iterator[str]:
    """The code of every example."""
    for cells in lesson.sections.values():
        yield from (cell.code for cell in cells if isinstance(cell, Example))
