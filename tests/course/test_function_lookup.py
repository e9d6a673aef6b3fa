"""A function is found by its name or a part of it; a misspelled name gets similar names, in the reader's language."""

import pytest

from grader.core.errors import UsageError
from grader.course.function_lookup import resolve_function

FUNCTIONS = ("fit", "fit_with_early_stopping", "adam_step", "early_step")


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("fit", "fit"),  # a whole name, although two functions begin with it
        ("fit_", "fit_with_early_stopping"),
        ("early", "early_step"),  # its beginning, although another function contains it
        ("stopping", "fit_with_early_stopping"),
        ("ADAM", "adam_step"),
    ],
)
def test_a_function_is_found_by_its_name_its_beginning_or_a_part_of_it(name, function):
    assert resolve_function(name, FUNCTIONS) == function


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        (
            "step",
            "Several functions have step in their names: adam_step, early_step. Type more of the name",
            "有多个函数名包含 step：adam_step, early_step。请把函数名写得更完整",
        ),
        (
            "adamstep",
            "adamstep: no such function. Did you mean adam_step?",
            "adamstep：没有这个函数。你是不是想写 adam_step？",
        ),
        (
            "zebra",
            "zebra: no such function. Known: fit, fit_with_early_stopping, adam_step, early_step",
            "zebra：没有这个函数。可选的有：fit, fit_with_early_stopping, adam_step, early_step",
        ),
        (
            "",
            ": no such function. Known: fit, fit_with_early_stopping, adam_step, early_step",
            "：没有这个函数。可选的有：fit, fit_with_early_stopping, adam_step, early_step",
        ),
    ],
)
def test_a_name_that_fits_several_functions_or_none_is_refused_with_suggestions(name, english, chinese):
    with pytest.raises(UsageError) as caught:
        resolve_function(name, FUNCTIONS)
    assert (caught.value.say("en"), caught.value.say("zh")) == (english, chinese)
