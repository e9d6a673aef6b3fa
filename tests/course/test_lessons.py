"""Lessons: sections, texts and examples are read, and each fault is reported with its place and cure."""

from pathlib import Path

import pytest

from grader.core.text import Text
from grader.course.lessons import Example, read_lesson
from grader.course.source_parts import split_source

GOOD = """\
# start

<!-- en -->
Hello.

## A heading inside

```text
# no section
```
<!-- zh -->
你好。

```python
# a comment
print("运行")
```

# square

<!-- en -->
One.
<!-- zh -->
一。
<!-- en -->
Two.
<!-- zh -->
二。
"""


@pytest.fixture
def read(tmp_path):
    def read(text, functions=("square",), languages=("en", "zh")):
        file = tmp_path / "ex1.md"
        file.write_text(text, "utf-8")
        return read_lesson(file, functions, languages)

    return read


def test_a_lesson_is_read_section_by_section(read):
    lesson, errors = read(GOOD)
    assert errors == []
    assert lesson.cells("start") == (
        Text(en="Hello.\n\n## A heading inside\n\n```text\n# no section\n```", zh="你好。"),
        Example('# a comment\nprint("运行")'),
    )
    assert lesson.cells("square") == (Text(en="One.", zh="一。"), Text(en="Two.", zh="二。"))
    assert lesson.cells("end") == ()


def test_an_exercise_needs_no_lesson():
    lesson, errors = read_lesson(Path("nowhere.md"), ["square"], ["en"])
    assert (lesson.cells("start"), errors) == ((), [])


@pytest.mark.parametrize(
    ("old", "new", "found", "line"),
    [
        ("# square", "# sqare", "unknown section 'sqare'", 19),
        ("# square", "## square", "square has no section", None),
        ("<!-- zh -->\n一。", "", "empty in zh", 21),
        ("<!-- en -->\nOne.", "", "empty in en", 22),
        ("<!-- zh -->\n一", "<!-- fr -->\n一", "unknown language 'fr'", 23),
        ("<!-- en -->\nHello", "Hello", "text without a language", 3),
        ('print("运行")\n```', 'print("运行")', "the example does not end", 14),
        ('print("运行")', "print(", "syntax error", 16),
        ("# start", "", "before the first section", None),
    ],
)
def test_every_fault_is_named_with_its_place_and_cure(read, old, new, found, line):
    _, errors = read(GOOD.replace(old, new, 1))
    words = [str(error) for error in errors if found in str(error)]
    assert words, errors
    assert all("What to do: " in word for word in words)
    assert line is None or f"ex1.md:{line}" in words[0]


def test_a_language_that_occurs_twice_starts_a_new_cell(read):
    languages = ("en", "zh", "de")
    parts = [f"<!-- {language} -->\n{language} {n}\n" for n in (1, 2) for language in languages]
    lesson, errors = read("# start\n" + "".join(parts), functions=(), languages=languages)
    assert not errors
    assert [cell.in_("zh") for cell in lesson.cells("start")] == ["zh 1", "zh 2"]
    parts[3] = ""  # without the second English text, nothing takes the place of the first Chinese text
    lesson, errors = read("# start\n" + "".join(parts), functions=(), languages=languages)
    assert [cell.in_("zh") for cell in lesson.cells("start")] == ["zh 1", "zh 2"]
    assert [error.found for error in errors] == ["the text is empty in en"]


def test_all_faults_are_reported_together(read):
    _, errors = read("text\n\n# nothing\n\n<!-- en -->\nOnly English.\n")
    assert len(errors) == 4


SOURCE = '''\
"""The exercise."""

### BEGIN SOLUTION
# isort: split
import math


def helper(x):
    return math.sqrt(x)


### END SOLUTION
import torch

LIMIT = 3


def first(x):
    """Return something."""
    ### BEGIN SOLUTION
    return helper(x)
    # a last word
    ### END SOLUTION


def second(x):
    """Return x."""
    ### BEGIN SOLUTION
    return x
    ### END SOLUTION
'''


def test_a_solution_is_split_and_each_function_gets_its_helpers():
    parts = split_source(SOURCE, ["first", "second"])
    assert parts.setup == "import torch\n\nLIMIT = 3"
    assert parts.functions["second"].startswith("def second(x):") and "helper" not in parts.functions["second"]
    assert parts.functions["first"].endswith("    # a last word\n    ### END SOLUTION")
    space = {}
    exec(parts.functions["first"], space)
    assert space["first"](9.0) == 3.0


def test_a_chinese_sentence_over_two_lines_gets_no_space(read):
    lesson, _ = read(GOOD.replace("你好。", "你好，\n世界 `x`\n与 y\nz。\n\n另一段。"))
    assert lesson.cells("start")[0].in_("zh") == "你好，世界 `x`\n与 y\nz。\n\n另一段。"
