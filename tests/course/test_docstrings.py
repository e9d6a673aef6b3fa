"""Docstrings with a part for each language: their faults, and what an edition in one language keeps."""

import ast

import pytest

from grader.course.docstrings import docstring_fault, keep_language, language_parts

SOURCE = '''"""Squares.

中文 (zh)
---------
平方。
"""

import torch


def square(x):
    """Return the square.

    Args:
        x: any shape (of floats)

    中文 (zh)
    ---------
    返回平方。

    参数：
        x：任意形状

    Deutsch (de)
    ------------
    Gib das Quadrat zurück.
    """
    return "中文 (zh)", x * x


def helper(x):
    """Return x.

    Parameters
    ----------
    x: any
    """
    return x
'''
DOCSTRING = ast.get_docstring(ast.parse(SOURCE).body[2])


def docstrings(source):
    module = ast.parse(source)
    return [ast.get_docstring(node, clean=False) for node in (module, *module.body[2:])]


def test_the_parts_are_the_english_text_and_the_text_below_each_heading():
    assert [(language, text.splitlines()[0]) for language, text in language_parts(DOCSTRING)] == [
        ("en", "Return the square."),
        ("zh", "返回平方。"),
        ("de", "Gib das Quadrat zurück."),
    ]


@pytest.mark.parametrize("language", ["en", "zh", "de"])
def test_an_edition_in_one_language_holds_that_part_only_and_the_code_as_it_is(language):
    source = keep_language(SOURCE, language)
    module, square, helper = docstrings(source)
    texts = dict(language_parts(DOCSTRING))
    assert ast.get_docstring(ast.parse(source).body[2]) == texts[language]
    assert module == {"en": "Squares.", "zh": "平方。", "de": "Squares."}[language]
    assert square.endswith("\n    ") == ("\n" in texts[language])
    assert helper == docstrings(SOURCE)[2]
    assert 'return "中文 (zh)", x * x\n' in source
    assert keep_language(source, language) == source


def test_without_a_language_the_source_stays_as_it_is():
    assert keep_language(SOURCE, None) == SOURCE


def test_quotes_prefixes_and_docstrings_on_the_line_of_the_function_stay():
    source = "def f(x='ä'): r'''One.\n\n    二 (zh)\n    ---\n    一。'''\n"
    assert keep_language(source, "zh") == "def f(x='ä'): r'''一。'''\n"
    assert keep_language(source, "en") == "def f(x='ä'): r'''One.'''\n"


@pytest.mark.parametrize(
    ("docstring", "languages", "fault"),
    [
        (DOCSTRING, ["en", "zh", "de"], None),
        ("Return the square.", ["en"], None),
        ("Return the square.", ["en", "zh"], "the docstring has no text in zh"),
        ("Return the square. 返回平方。", ["en", "zh"], "the docstring has no text in zh"),
        ("Return.\n\n中文 (zh)\n---------\n", ["en", "zh"], "the docstring has no text in zh"),
        ("中文 (zh)\n---------\n返回。", ["en", "zh"], "the docstring has no text in en"),
        (DOCSTRING, ["en", "de"], "the docstring has parts in en, zh, de"),
        (DOCSTRING, ["en", "de", "zh"], "the docstring has parts in en, zh, de"),
        ("A.\n\n中文 (zh)\n---\n甲\n\n中文 (zh)\n---\n乙", ["en", "zh"], "the docstring has parts in en, zh, zh"),
    ],
)
def test_each_language_has_one_part_in_the_order_of_the_title(docstring, languages, fault):
    found = docstring_fault(docstring, languages)
    assert (found and found[0]) == fault


def test_the_cure_shows_the_heading_to_write():
    cure = docstring_fault("Return.", ["en", "zh"])[1]
    assert cure.endswith('the heading "NAME (zh)", below it the line "---------", then the text')
