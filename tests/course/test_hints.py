"""Hints: each function has all levels in both languages, and none quotes the solution."""

import pytest

from grader.core.text import Text
from grader.course.hints import LEVELS, read_hints
from grader.course.library import open_library
from tests.tools import COURSE, SOLUTION, edit

GOOD = (COURSE / "solutions/hints/ex1_small.toml").read_text("utf-8")
FUNCTIONS = ["mean_square", "descend"]


def read(tmp_path, text):
    file = tmp_path / "ex1_small.toml"
    file.write_text(text, "utf-8")
    hints, errors = read_hints(file, FUNCTIONS, SOLUTION, ("en", "zh"))
    return hints, [str(error) for error in errors]


def test_every_function_has_each_level_in_both_languages(tmp_path):
    hints, errors = read(tmp_path, GOOD)
    assert errors == []
    assert list(hints) == FUNCTIONS
    assert all(len(levels) == len(LEVELS) for levels in hints.values())
    assert hints["descend"][0] == Text(
        en="What is the slope of the sum of squares at y?", zh="平方和在 y 处的斜率是多少？"
    )


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('nudge.zh = "是平方的平均，还是平均的平方？"', "", "[mean_square]: nudge.zh is missing"),
        ("idea.en = ", 'idea.en = ""\nidea.fr = ', "[mean_square]: idea.en is missing"),
        (
            "idea.en = ",
            'idea.fr = ""\nidea.en = ',
            "[mean_square]: idea.fr is not in a language of the exercise (en, zh)",
        ),
        ("[descend]", "[ascend]", "no function ascend"),
        ("[descend]", "[ascend]", "[descend]: it has no hints"),
        ("pointer.en", "pointing.en", "unknown level pointing"),
        ("Refuse a tensor without entries", "Write y = x.detach().clone() first", ""),
        ("Start with a copy,", "Start with y = x.detach().clone()", "quotes the solution: y = x.detach().clone()"),
        ("[descend]", "[descend", "cannot be read"),
    ],
)
def test_a_missing_or_wrong_hint_is_reported_with_its_place_and_cure(old, new, found, tmp_path):
    _, errors = read(tmp_path, GOOD.replace(old, new, 1))
    assert found in "\n".join(errors)
    assert all("What to do: " in error for error in errors)
    assert bool(errors) == bool(found)


def test_missing_hints_are_reported_and_do_not_stop_grading(course):
    (course / "solutions/hints/ex1_small.toml").unlink()
    files = open_library(course).exercise_files["ex1_small"]
    assert [error.found for error in files.hint_errors] == ["it has no hints"] * 2
    edit(course / "solutions/ex1_small.py", "no entries", "none")
    assert open_library(course).exercise_files["ex1_small"].hints == {}
