"""Reasons are written in English where student code is run, and read in the language of the reader."""

import re

import pytest

from grader.core.outcomes import Missing, Raised, Refused
from grader.execution.guest.student_code.submitted_modules import SourceFile, Submission
from grader.grading.runs.session import forbidden
from grader.grading.verdicts.explanation import explain
from grader.grading.verdicts.reasons import TEMPLATES, reason_words
from grader.grading.verdicts.verdict import Verdict
from grader.submissions.excerpts import LINE_REFERENCE

CHINESE = re.compile(r"[\u4e00-\u9fff]")
FILES = {
    "no submitted file": ({"other.py": b"x = 1"}, "all"),
    "defined in several": ({"a.py": b"def f(): return 1", "b.py": b"def f(): return 2"}, "a.py, b.py"),
    "UTF-16 text": ({"ex.py": "def f(): pass".encode("utf-16")}, "ex.py"),
    "null bytes": ({"ex.py": b"def f(): pass\0"}, "ex.py"),
    "cannot be decoded": ({"ex.py": b"# coding: nonsense\ndef f(): pass"}, "ex.py"),
    "as a notebook": ({"ex.ipynb": b"{"}, "ex.ipynb"),
    "line 2, column": ({"ex.py": b"x = 1\ndef f(: # {x}\n"}, "def f(: # {x}"),
}


def said(outcome, language):
    return explain(Verdict(None, outcome), language)


@pytest.mark.parametrize("kind", FILES)
def test_what_is_wrong_with_files_is_said_in_chinese_with_the_same_facts(kind):
    files, fact = FILES[kind]
    problem = Submission([SourceFile(path, data) for path, data in files.items()]).locate({"f": "ex"})["f"].problem
    assert isinstance(problem, Missing | Refused | Raised)
    assert kind in said(problem, "en") and not CHINESE.search(said(problem, "en"))
    chinese = said(problem, "zh")
    assert kind not in chinese and CHINESE.search(chinese)
    assert fact in chinese or fact == "all"


def test_what_the_sandbox_forbids_is_said_with_what_to_do_instead():
    outcome = forbidden(Raised("PermissionError", "[Errno 1] Operation not permitted", "line 3: os.fork()"))
    chinese = said(outcome, "zh")
    assert "PermissionError: [Errno 1]" in chinese and "num_workers=0" in chinese and "Files, networks" not in chinese


def test_every_template_is_recognised_and_none_takes_the_place_of_another():
    for template in TEMPLATES:
        facts = {name: f"<{name}>" for name in re.findall(r"\{(\w+)\}", template)}
        chinese = reason_words(template.format(**facts), "zh")
        assert CHINESE.search(chinese) and all(fact in chinese for fact in facts.values()), template


def test_a_place_is_found_again_in_both_languages_and_other_words_stay():
    raised = Raised("ValueError", "no", "line 12: raise ValueError('line 3: no')")
    assert said(raised, "zh").endswith("第 12 行：raise ValueError('line 3: no')")
    assert [LINE_REFERENCE.search(said(raised, language)).groups() for language in ("en", "zh")] == [(None, "12")] * 2
    raised = Raised("ValueError", "no", "cell 3, line 12: raise ValueError")
    assert [LINE_REFERENCE.search(said(raised, language)).groups() for language in ("en", "zh")] == [("3", "12")] * 2
    assert reason_words("nobody knows", "zh") == "nobody knows"
