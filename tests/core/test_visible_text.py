"""Untrusted text: each invisible character is replaced. Lists of names: the first ones are named."""

import pytest

from grader.core.visible_text import REPLACEMENT, join_and_count_names, join_names, visible

CONCEALED = "\0\t\n\r\x1b\x85\u00ad\u200b\u200d\u200f\u202e\u2028\u2066\ufeff\ue000\u3164\u034f\udcff"


@pytest.mark.parametrize("text", ["plain", "王小明", "José Núñez", "<b>&\"'", "", "😀"])
def test_ordinary_text_stays_as_it_is(text):
    assert visible(text) == text


@pytest.mark.parametrize("character", CONCEALED)
def test_what_steers_or_hides_text_is_replaced(character):
    assert visible(f"a{character}b") == f"a{REPLACEMENT}b"


@pytest.mark.parametrize("blank", "\u00a0\u2003\u3000")
def test_blanks_of_any_width_become_plain_ones(blank):
    assert visible(f"a{blank}b") == "a b"


def test_a_long_list_of_names_ends_with_an_ellipsis_and_on_request_with_the_number_of_all():
    names = ["ada", "bob", "cyd"]
    assert join_names(names, 3) == join_and_count_names(names, 3) == "ada, bob, cyd"
    assert join_names(names, 2, "; ") == "ada; bob; …"
    assert join_and_count_names(names, 2) == "ada, bob, … (3)"
