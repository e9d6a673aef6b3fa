"""The Chinese catalog translates all messages of the sources. `make translations` updates it."""

import ast
import pickle
import re
import tomllib
from collections import Counter
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from grader.core import errors
from grader.core.language import LOCALE_DIR, translator
from tests.tools import ROOT

CATALOG = LOCALE_DIR / "zh_CN" / "LC_MESSAGES" / "grader.po"
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
ERRORS = re.findall(r"\w+", re.search(r"^ERRORS := (.*)$", MAKEFILE, re.M)[1])
KEYWORDS = dict.fromkeys(["tr", "_", *ERRORS])
PYTHON, TEMPLATES = (sorted((ROOT / "grader").rglob(pattern)) for pattern in ("*.py", "*.html"))


@pytest.fixture(scope="module")
def extracted():
    """All messages in the sources that are marked for translation."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    return {found[2] for found in extract_from_dir(ROOT, methods, keywords=KEYWORDS)}


@pytest.fixture(scope="module")
def catalog():
    """The catalog as translators edit it."""
    with CATALOG.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def messages(catalog):
    """The translations by English message."""
    return {message.id: message.string for message in catalog if message.id}


def placeholders(text):
    """The fields of a format with their specifications, and the console markup."""
    fields = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None]
    return Counter(fields), Counter(re.findall(r"\[/?[a-z ]*\]", text))


def test_every_text_of_the_sources_is_translated(extracted, messages):
    assert len(extracted) > 50
    assert not {text for text in extracted if not messages.get(text)}


def test_no_translation_is_stale_or_fuzzy(extracted, messages, catalog):
    assert not messages.keys() - extracted
    assert not catalog.obsolete
    assert not [message.id for message in catalog if message.id and message.fuzzy]


def test_placeholders_and_markup_are_those_of_the_english_text(messages):
    assert not {text for text, chinese in messages.items() if placeholders(text) != placeholders(chinese)}
    assert not {text for text, chinese in messages.items() if text.startswith("\n") != chinese.startswith("\n")}


def test_the_compiled_catalog_was_made_from_the_one_that_translators_edit(messages):
    with CATALOG.with_suffix(".mo").open("rb") as file:
        assert {message.id: message.string for message in read_mo(file) if message.id} == messages


def test_the_translator_returns_every_translation(messages):
    assert {text: translator("zh")(text) for text in messages} == messages
    assert translator("zh")("not started") == "未开始"
    assert translator("en")("not started") == "not started"


def test_punctuation_next_to_chinese_is_chinese(messages):
    assert not [
        chinese
        for chinese in messages.values()
        if re.search(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]", chinese)
    ]


def test_only_literals_are_translated_and_all_are_extracted(extracted):
    """Babel extracts no call inside an f-string, and none among the arguments of another call that it extracts."""
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                written = len(node.args) == 1 and isinstance(node.args[0], ast.Constant)
                assert written, f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
                assert node.args[0].value in extracted, f"{path.relative_to(ROOT)}:{node.lineno}: not found"
                if node.func.id in ERRORS:
                    given = {keyword.arg for keyword in node.keywords}
                    fields = {name for name, _, _ in placeholders(node.args[0].value)[0]}
                    assert given == fields, f"{path.relative_to(ROOT)}:{node.lineno}: {given ^ fields}"
    for path in TEMPLATES:
        assert not re.findall(r"\b_\((?![\"'])[^)]*\)", path.read_text("utf-8")), path.relative_to(ROOT)


def test_every_error_class_with_a_message_is_extracted():
    """Errors that take a message. GraderErrors takes errors, and errors for authors are in English only."""
    classes = [
        node
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    known, before = {"GraderError"}, set()
    while known != before:
        before = set(known)
        known |= {made.name for made in classes for base in made.bases if getattr(base, "id", "") in known}
    with_own_say = {made.name for made in classes if any(getattr(part, "name", "") == "say" for part in made.body)}
    below = {made.name for made in classes for base in made.bases if getattr(base, "id", "") == "GraderErrors"}
    assert known - with_own_say - below | {"GraderError"} == set(ERRORS)


def test_an_error_is_translated_with_its_facts():
    inner = errors.UsageError(
        "the worker has {found}. Install the same versions on all machines.", found="torch 2.0 {x}"
    )
    error = errors.UsageError("worker {address}: {error}", address="tcp://a:1", error=inner)
    assert str(error) == "worker tcp://a:1: the worker has torch 2.0 {x}. Install the same versions on all machines."
    assert re.search(r"tcp://a:1.*torch 2\.0 \{x\}.*[\u4e00-\u9fff]", error.say("zh"))
    several = errors.GraderErrors([inner, "a line"])
    assert several.say("zh").splitlines() == [inner.say("zh"), "a line"]
    for one in (error, several, errors.AuthoringError("a.py:1", "found", "cure")):
        again = pickle.loads(pickle.dumps(one))
        assert type(again) is type(one) and (str(again), again.say("zh")) == (str(one), one.say("zh"))
