"""Each text of `grader new` that is left is found, in every file and language, and no text of an author is."""

import re

import pytest

from grader.authoring.examination.template_texts import find_template_texts
from grader.authoring.exercise_template import EXAMPLE, PLACEHOLDERS, exercise_files
from grader.course.library import open_library
from tests.tools import edit, write_files

CHINESE = re.compile(r"[\u4e00-\u9fff]")
FILES = {
    "exercises/test_ex1_power.py exercise()",
    "exercises/test_ex1_power.py [every_element_of_power]",
    "tests/hidden/test_ex1_power.py [gradient_of_power]",
    "solutions/ex1_power.py",
    "solutions/ex1_power.py [power]",
    "solutions/mistakes/ex1_power.toml [power.doubled]",
    "solutions/alternatives/ex1_power_powers.py",
    *(f"solutions/hints/ex1_power.toml [power] {level}" for level in ("nudge", "pointer", "idea")),
    "solutions/notebooks/ex1_power.md # power",
}
"""The place of every text of an exercise."""


def write_course(root, texts, languages=("en", "zh")):
    """Write a course of one exercise with the texts of a template."""
    return write_files(root, exercise_files("ex1_power", ["power"], languages, texts))


def findings(root):
    return list(find_template_texts(open_library(root).exercise_files["ex1_power"]))


def test_every_text_of_a_new_exercise_is_found_in_each_language_with_what_to_write(tmp_path):
    found = findings(write_course(tmp_path, PLACEHOLDERS))
    assert {finding.place for finding in found} == FILES
    assert len(found) == len(FILES) and all(finding.cure.startswith("write ") for finding in found)
    in_english_only = [finding.place for finding in found if not CHINESE.search(finding.found)]
    assert in_english_only == ["solutions/alternatives/ex1_power_powers.py"]


def test_the_example_of_a_new_course_has_no_text_to_write(tmp_path):
    assert findings(write_course(tmp_path, EXAMPLE, ("en", "zh", "de"))) == []


def test_a_language_that_the_template_lacks_has_its_english_text_which_is_found(tmp_path):
    write_course(tmp_path, PLACEHOLDERS, ("en", "de"))
    hints = tmp_path / "solutions/hints/ex1_power.toml"
    edit(hints, 'nudge.en = "Which question about the idea comes first?"', 'nudge.en = "Why?"')
    assert "solutions/hints/ex1_power.toml [power] nudge" in {finding.place for finding in findings(tmp_path)}
    edit(hints, 'nudge.de = "Which question about the idea comes first?"', 'nudge.de = "Warum?"')
    assert "solutions/hints/ex1_power.toml [power] nudge" not in {finding.place for finding in findings(tmp_path)}


@pytest.mark.parametrize("line", ["x: its shape, and what it means", "tensor([0.2500, 2.2500])", "x：它的形状和含义"])
def test_one_line_of_a_docstring_with_the_text_of_the_template_is_found(tmp_path, line):
    solution = write_course(tmp_path, EXAMPLE) / "solutions/ex1_power.py"
    edit(solution, "    返回：\n", f"    {line}\n\n    返回：\n")
    (finding,) = findings(tmp_path)
    assert finding.place == "solutions/ex1_power.py [power]" and f'left: "{line}"' in finding.found


def test_a_belief_with_the_text_of_the_template_is_found(tmp_path):
    mistakes = write_course(tmp_path, EXAMPLE) / "solutions/mistakes/ex1_power.toml"
    mistakes.write_text(mistakes.read_text("utf-8") + f'belief = "{PLACEHOLDERS.mistake_hint.in_("en")}"\n', "utf-8")
    assert [finding.place for finding in findings(tmp_path)] == ["solutions/mistakes/ex1_power.toml [power.doubled]"]
