"""Ids that look alike are found, shown with their difference, and have different hashes that a spreadsheet keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.visible_text import escape_cell, show_invisible
from grader.submissions.students.look_alikes import (
    HASH_PATTERN,
    comparison_key,
    id_hash,
    id_key,
    ids_with_hash,
    look_alike_groups,
    spellings,
    typed_id,
)
from grader.submissions.students.spreadsheet_cells import is_same_number, may_become, survives_spreadsheet

GROUPS = {
    "blanks": (["ann", "ann ", " ann", "ann\u00a0"], ["ann", '"ann "', '" ann"', "ann\\xa0"]),
    "zero-width": (["ann", "ann\u200b", "\ufeffann"], ["ann", "ann\\u200b", "\\ufeffann"]),
    "letters without a glyph": (["ann", "a\u3164nn", "ann\ufe0f"], ["ann", "a\\u3164nn", "ann\\ufe0f"]),
    "accents": (["José", "Jose\u0301"], ["Jos\\xe9", "Jose\\u0301"]),
    "width and case": (["ann", "Ann", "ａnn"], ["ann", "Ann", "\\uff41nn"]),  # noqa: RUF001
    "Chinese": (["王小明", "王小明\u200b", "王 小明"], ["王小明", "王小明\\u200b"]),
    "Cyrillic": (["ann", "\u0430nn", "hans", "\u041dans"], ["ann", "\\u0430nn"]),
    "numbers": (["7", "007"], ["7", "007"]),
    "apostrophe of a formula": (["=x", "'=x"], ["=x", "'=x"]),
}


@pytest.mark.parametrize("name", GROUPS)
def test_ids_that_look_alike_are_a_group_and_shown_with_their_difference(name):
    ids, shown = GROUPS[name]
    group = look_alike_groups(ids)[0]
    assert spellings(group) == shown
    assert ids_with_hash(ids) >= {*group}


def test_latin_letters_and_digits_that_look_alike_are_different_ids():
    assert look_alike_groups(["user1", "userl", "s10", "slO", "bob", "eve", "王小明", "王晓明"]) == []


SURVIVORS = ["ann", "0", "70001", "20202114012", "s2026001", "12-345-678", "ada.lovelace", "王小明", "mark12", "a b"]
CHANGED = {
    "blanks": ["ann ", " ann", "a  b", "a\tb", "ann\u3000"],
    "invisible": ["ann\u200b", "\ufeffann", "ann\u00ad", "a\x00b", "ann\u202e", "ann\ue000", "ann\ufe0f"],
    "formulas and apostrophes": ["=x", "+5", "-ann", "@ann", "'ann"],
    "numbers": ["007", "0042", "202021140123", "1e5", "1.50", "1,234", "5%"],
    "dates and times": ["3-4", "2024-01-05", "1/2", "10:30", "mar1", "1-may-2024", "5月1日", "TRUE"],
    "accents in two characters": ["Jose\u0301"],
}


def test_ids_that_a_spreadsheet_program_would_change_are_recognized():
    assert [id_ for id_ in SURVIVORS if not survives_spreadsheet(id_)] == []
    assert [id_ for ids in CHANGED.values() for id_ in ids if survives_spreadsheet(id_)] == []


def test_an_id_that_a_spreadsheet_program_changed_is_recognized():
    became = {"202021140123": "2.02021E+11", "3-4": "4-Mar", "1e5": "1.00E+05", "1.50": "1.5"}
    assert [id_ for id_, cell in became.items() if not may_become(id_, cell)] == []
    assert not any(may_become(id_, "bob") for id_ in (*became, "ann"))
    assert not may_become("202021140123", "3.03031E+11")


def test_a_number_with_an_underscore_is_no_other_spelling_of_the_number_without_it():
    assert is_same_number("1e5", "100000") and is_same_number("007", "7")
    assert not is_same_number("2021_001", "2021001") and not is_same_number("2021001", "2021_001")


ids = st.text(st.one_of(st.characters(), st.sampled_from("ann \u200b\ufeff'=07\u0430")), max_size=8)


@given(ids)
def test_text_that_the_key_leaves_out_does_not_change_the_key(text):
    key = id_key(text)
    for changed in (f" {text}\u200b", f"\ufeff{text}", key, escape_cell(text)):
        assert id_key(changed) == key
    assert comparison_key(comparison_key(text)) == comparison_key(text)


@given(st.lists(ids, min_size=1, max_size=4, unique=True))
def test_hashes_and_spellings_differ_and_are_plain_text(group):
    hashes = [id_hash(id_) for id_ in group]
    assert len({*hashes}) == len({*spellings(group)}) == len(group)
    for text in hashes:
        assert HASH_PATTERN.fullmatch(text) and survives_spreadsheet(text)
    for text in spellings(group):
        assert text.isprintable() and text == text.strip()


def test_a_command_line_shows_the_hash_of_an_id_that_cannot_be_typed():
    assert [typed_id(id_) for id_ in ("ann", "王小明", "Ann Lee")] == ["ann", "王小明", "Ann Lee"]
    for id_ in ("ann ", "ann\u200b", "-ann"):
        assert typed_id(id_) == id_hash(id_)
    assert show_invisible("a\\u200b") == "a\\\\u200b" != show_invisible("a\u200b")
