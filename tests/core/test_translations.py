"""The Chinese catalogue holds the grader's own words as the sources have them now. `make translations` renews it."""

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from grader.core.language import LOCALE_DIR, translator

ROOT = Path(__file__).parents[2]
CATALOGUE = LOCALE_DIR / "zh_CN" / "LC_MESSAGES" / "grader.po"
KEYWORDS = {"tr": None, "_": None}
PYTHON, TEMPLATES = (sorted((ROOT / "grader").rglob(pattern)) for pattern in ("*.py", "*.html"))


@pytest.fixture(scope="module")
def extracted():
    """Every text that the sources hand to the translator."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    return {found[2] for found in extract_from_dir(ROOT, methods, keywords=KEYWORDS)}


@pytest.fixture(scope="module")
def catalogue():
    """The catalogue as translators edit it."""
    with CATALOGUE.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def messages(catalogue):
    """Its translations."""
    return {message.id: message.string for message in catalogue if message.id}


def placeholders(text):
    """The fields of a format, with how they are written; and the console's markup."""
    fields = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None]
    return Counter(fields), Counter(re.findall(r"\[/?[a-z ]*\]", text))


def test_every_text_of_the_sources_is_translated(extracted, messages):
    assert len(extracted) > 50
    assert not {text for text in extracted if not messages.get(text)}


def test_no_translation_is_stale_or_fuzzy(extracted, messages, catalogue):
    assert not messages.keys() - extracted
    assert not catalogue.obsolete
    assert not [message.id for message in catalogue if message.id and message.fuzzy]


def test_placeholders_and_markup_are_those_of_the_english_text(messages):
    assert not {text for text, chinese in messages.items() if placeholders(text) != placeholders(chinese)}
    assert not {text for text, chinese in messages.items() if text.startswith("\n") != chinese.startswith("\n")}


def test_the_compiled_catalogue_was_made_from_the_one_that_translators_edit(messages):
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        assert {message.id: message.string for message in read_mo(file) if message.id} == messages


def test_the_grader_speaks_it(messages):
    assert {text: translator("zh")(text) for text in messages} == messages
    assert translator("zh")("not started") == "未开始"
    assert translator("en")("not started") == "not started"


def test_punctuation_beside_chinese_is_chinese(messages):
    assert not [
        chinese
        for chinese in messages.values()
        if re.search(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]", chinese)
    ]


def test_only_written_out_texts_are_translated_so_that_all_can_be_extracted():
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                written = len(node.args) == 1 and isinstance(node.args[0], ast.Constant)
                assert written, f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
    for path in TEMPLATES:
        assert not re.findall(r"\b_\((?![\"'])[^)]*\)", path.read_text("utf-8")), path.relative_to(ROOT)
