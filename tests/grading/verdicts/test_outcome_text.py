"""Outcomes hold codes and facts; sentences are made when somebody reads them, in the reader's language."""

import re
from string import Formatter

import pytest

from grader.core.outcome_text import (
    INSTRUCTOR_TEMPLATES,
    TEMPLATES,
    line_text,
    outcome_summary,
    outcome_text,
    reason_text,
    review_text,
)
from grader.core.outcomes import Crashed, Missing, Raised, SourceLine, TimedOut, Unreadable
from grader.core.reasons import FACTS, FILE_CODES, Code, Reason
from grader.execution.guest.frames import MAX_FRAME, BadFrameError, FrameReader
from grader.execution.guest.student_code.source_file import SourceFile
from grader.execution.guest.student_code.submitted_modules import SubmittedModules
from grader.execution.host.sandbox_levels import Level
from grader.grading.runs.submission_grader import as_blocked
from grader.submissions.excerpts import LINE_REFERENCE

CHINESE = re.compile(r"[\u4e00-\u9fff]")
FILES = {
    "no submitted file": ({"other.py": b"x = 1"}, "all"),
    "defined in several": ({"a.py": b"def f(): return 1", "b.py": b"def f(): return 2"}, "a.py, b.py"),
    "cannot be decoded": ({"ex.py": "def f(): pass".encode("utf-16") + b"\n"}, "ex.py"),
    "null byte": ({"ex.py": b"def f(): pass\0"}, "ex.py"),
    "as a notebook": ({"ex.ipynb": b"{"}, "ex.ipynb"),
    "line 2, column": ({"ex.py": b"x = 1\ndef f(: # {x}\n"}, "def f(: # {x}"),
}
UNTRANSLATED = {Code.UNAVAILABLE, Code.INTERNAL, Code.SYSTEM_ERROR}
"""Outcomes that only quote an exception."""


@pytest.mark.parametrize("kind", FILES)
def test_problems_of_files_are_reported_in_chinese_with_the_same_facts(kind):
    files, fact = FILES[kind]
    modules = SubmittedModules([SourceFile(path, data) for path, data in files.items()])
    problem = modules.locate({"f": "ex"})["f"].problem
    assert isinstance(problem, Missing | Unreadable | Raised)
    assert kind in outcome_text(problem, "en") and not CHINESE.search(outcome_text(problem, "en"))
    chinese = outcome_text(problem, "zh")
    assert kind not in chinese and CHINESE.search(chinese)
    assert fact in chinese or fact == "all"


def test_what_the_sandbox_forbids_is_reported_with_an_alternative():
    outcome = as_blocked(Raised("PermissionError", "[Errno 1] Operation not permitted", SourceLine(3, "os.fork()")))
    chinese = outcome_text(outcome, "zh")
    assert "PermissionError: [Errno 1]" in chinese and "num_workers=0" in chinese and "Files, networks" not in chinese


@pytest.mark.parametrize(("level", "limit"), [(Level.FULL, "64"), (Level.CORE, "256")])
def test_a_thread_that_cannot_start_is_said_with_the_limit(level, limit):
    outcome = as_blocked(Raised("RuntimeError", "can't start new thread", SourceLine(3, "t.start()")), level)
    assert f"at most {limit} threads" in outcome_text(outcome)
    assert f" {limit} " in outcome_text(outcome, "zh") and "thread" not in outcome_text(outcome, "zh")


def test_a_result_that_is_too_large_is_said_with_the_limit():
    with pytest.raises(BadFrameError) as caught:
        list(FrameReader().feed((MAX_FRAME + 1).to_bytes(4, "little")))
    outcome = Crashed(caught.value.reason)
    assert "take more than 1 MiB" in outcome_text(outcome)
    assert "1 MiB" in outcome_text(outcome, "zh") and "than" not in outcome_text(outcome, "zh")


def test_a_forged_frame_is_described_in_the_language_of_the_reader():
    outcome = Crashed(BadFrameError("an unexpected frame").reason)
    assert "an unexpected frame" in outcome_text(outcome) and "frame" not in outcome_text(outcome, "zh")


def test_a_used_up_budget_is_named_for_the_check_that_it_ended_and_for_those_that_never_ran():
    budget = TimedOut(5.0, reason=Reason.of(Code.TIME_BUDGET, seconds=60))
    assert outcome_text(budget) == (
        "stopped: all checks of a submission together may take 60 s, and this time is used up"
    )
    unrun = TimedOut(5.0, unrun=True, reason=Reason.of(Code.OUTPUT_BUDGET, kb=262))
    assert outcome_text(unrun).startswith("not run: all results of a submission together may take 262 kB")
    assert outcome_text(unrun, "zh").startswith("未运行：一份作业的全部结果合计最多 262 kB")


@pytest.mark.parametrize("code", Code)
def test_every_reason_is_worded_in_both_languages_with_all_its_facts_and_no_fact_is_a_template(code):
    facts = {name: f"<{name} {{0.__class__}} {{x}}>" if most else 7 for name, most in FACTS[code].items()}
    reason = Reason.of(code, **facts)
    for templates in (TEMPLATES, INSTRUCTOR_TEMPLATES):
        for language in ("en", "zh"):
            assert all(str(fact) in reason_text(reason, language, templates) for fact in facts.values())
        assert bool(CHINESE.search(reason_text(reason, "zh", templates))) is (code not in UNTRANSLATED)


def test_messages_for_students_contain_no_advice_for_instructors():
    assert not [text for text in TEMPLATES.values() if "student" in text or "grade again" in text]


def test_every_code_has_its_template_and_every_template_its_facts():
    assert set(TEMPLATES) == set(FACTS) == set(Code)
    for code, template in TEMPLATES.items():
        fields = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
        assert fields == FACTS[code].keys() - {"detail"} - ({"file"} if code in FILE_CODES else set()), code


@pytest.mark.parametrize(
    ("line", "english", "chinese"),
    [
        (SourceLine(12, "x"), "line 12: x", "第 12 行：x"),
        (SourceLine(12, "x", 0), "line 12, column 0: x", "第 12 行第 0 列：x"),
        (SourceLine(12, "x", cell=3), "cell 3, line 12: x", "第 3 个单元格第 12 行：x"),
        (SourceLine(12, "x", 4, 3), "cell 3, line 12, column 4: x", "第 3 个单元格第 12 行第 4 列：x"),
    ],
)
def test_a_line_is_worded_in_both_languages_and_found_in_the_message(line, english, chinese):
    assert (line_text(line, "en"), line_text(line, "zh")) == (english, chinese)
    for language in ("en", "zh"):
        said = outcome_text(Raised("ValueError", "no", line), language)
        assert LINE_REFERENCE.search(said).groups() == (None if line.cell is None else "3", "12")


def test_several_problems_are_listed_each_with_its_file():
    reasons = (Reason.of(Code.LINK, file="a.py"), Reason.of(Code.NO_ZIP, file="b.zip", detail="no end"))
    said = "a.py: a symbolic link, which is not followed; b.zip: not a readable zip file (no end)"
    assert outcome_text(Unreadable(reasons)) == review_text(Unreadable(reasons)) == said
    assert reason_text(Reason.of(Code.LINK, file="")) == "a symbolic link, which is not followed"


def test_authors_read_an_outcome_on_one_line():
    assert outcome_summary(Raised("ValueError", "no", SourceLine(3, "raise"))) == "ValueError: no, line 3: raise"
    assert outcome_summary(Crashed(Reason.of(Code.SIGNAL, signal="SIGKILL"))).endswith("ended by signal SIGKILL")
