"""The docstrings of the 33 functions: complete in each language, narrow enough to read, and with examples that run."""

import ast
import doctest
import inspect
import re
import unicodedata

import pytest

from grader.course.docstrings import language_parts
from grader.course.library import open_library
from tests.tools import ROOT

SECTIONS = {"en": ("Args", "Returns", "Raises", "Example"), "zh": ("参数", "返回", "抛出", "示例")}
TUTORIAL = "https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html"
WIDTH = 80
"""Columns of a docstring's line in its file; a Chinese character takes two."""


class Exercises:
    """Stubs and solutions of the course, run once for all tests."""

    def __init__(self):
        self.files = open_library(ROOT).exercise_files
        self.docstrings, self.namespaces, self.functions, self.sources = {}, {}, {}, {}
        for name, files in self.files.items():
            stub, solution = {"__name__": name}, {"__name__": name}
            exec(compile(files.stub, f"{name}.py", "exec"), stub)
            exec(compile(files.solution, f"{name}.py", "exec"), solution)
            nodes = {node.name: node for node in ast.parse(files.solution).body if isinstance(node, ast.FunctionDef)}
            for function in files.exercise.points:
                self.docstrings[function] = dict(language_parts(ast.get_docstring(nodes[function])))
                self.functions[function] = solution[function]
                self.sources[function] = ast.get_source_segment(files.solution, nodes[function])
                self.namespaces[function] = stub | {function: solution[function]}  # only the stub's imports


@pytest.fixture(scope="module")
def exercises():
    return Exercises()


def sections(text, language):
    """The sections of a docstring by their English names: {"Args": lines}."""
    names = dict(zip(SECTIONS[language], SECTIONS["en"], strict=True))
    found, lines = {}, []
    for line in text.splitlines():
        if heading := re.fullmatch(r"(\S+)[:：]", line):
            lines = found.setdefault(names[heading[1]], [])
        elif line:
            lines.append(line)
    return found


def examples(text):
    return doctest.DocTestParser().get_examples(text)


def columns(line):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def test_every_function_has_a_part_in_each_language(exercises):
    assert len(exercises.docstrings) == 33
    for function, parts in exercises.docstrings.items():
        assert list(parts) == ["en", "zh"], function


@pytest.mark.parametrize("language", SECTIONS)
def test_every_language_part_names_the_arguments_the_result_the_errors_and_an_example(exercises, language):
    for function, parts in exercises.docstrings.items():
        found = sections(parts[language], language)
        expected = [
            name for name in SECTIONS["en"] if name != "Raises" or "raise ValueError" in exercises.sources[function]
        ]
        assert list(found) == expected, function
        assert all(found.values()), function
        arguments = [match[1] for line in found["Args"] if (match := re.match(r"    (\w+)[:：]", line))]
        assert arguments == list(inspect.signature(exercises.functions[function]).parameters), function
        assert all(re.match(r"    ( |ValueError[:：])", line) for line in found.get("Raises", [])), function


def test_the_first_line_is_a_sentence_alone(exercises):
    for function, parts in exercises.docstrings.items():
        for text, end in ((parts["en"], "."), (parts["zh"], "。")):
            first, second, *_ = text.splitlines()
            assert first.endswith(end) and not second, function


def test_every_example_gives_what_it_shows(exercises):
    wrong = []
    for function, parts in exercises.docstrings.items():
        test = doctest.DocTest(examples(parts["en"]), dict(exercises.namespaces[function]), function, None, None, None)
        doctest.DocTestRunner(verbose=False).run(test, out=wrong.append)
    assert not wrong, "\n".join(wrong)


def test_the_example_is_short_and_the_same_in_each_language(exercises):
    for function, parts in exercises.docstrings.items():
        shown = [[(example.source, example.want) for example in examples(text)] for text in parts.values()]
        assert shown[1:] == shown[:-1], function
        assert 1 <= len(shown[0]) <= 6, function
        assert f"{function}(" in "".join(source for source, _ in shown[0])


def test_docstrings_fit_on_a_terminal(exercises):
    for files in exercises.files.values():
        inside = re.findall(r'""".*?"""', files.stub, re.DOTALL)
        assert [line for text in inside for line in text.splitlines() if columns(line) > WIDTH] == []


def test_every_exercise_links_the_tutorial_in_each_language(exercises):
    for name, files in exercises.files.items():
        parts = language_parts(ast.get_docstring(ast.parse(files.stub)))
        assert [language for language, text in parts if TUTORIAL in text] == ["en", "zh"], name
