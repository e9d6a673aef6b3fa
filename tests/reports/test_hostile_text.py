"""Hostile names and messages in the results, the spreadsheet and the terminal have no effect there."""

import csv
import io
import json
import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from grader.grading.results.result_files import read_results, write_results
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.terminal import Summary
from grader.submissions.submission import Submission, SubmissionMetadata
from tests.tools import COURSE, SOLUTION, grader_command, grades_csv, unavailable, write_files
from tests.tools import final_result as settled

HOSTILE = [
    "=1+1",
    "@SUM(A1)",
    "-2+3",
    "\uff1d1+1",
    "\0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\t=1",
    'a",=1,"b',
    "\x1b[2J\x1b[31mred",
    "\x1b]0;title\x07",
    "\x9b31mred",
    "abc\u202egpj.exe",
    "\u2066x\u2069",
    "a\0b",
    "a\nb\r\nc",
    "a\u2028b\u2029c\x85d\x0be",
    "[bold]x[/bold]",
    "[/]",
    "[link=http://x]y[/link]",
    "a\\[b]",
    "<script>x</script>",
    "\udc80".encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
]
STARTERS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
"""First characters that make a cell a formula."""


def final_result(text):
    check = CheckRecord("check", text, False, 0.0, 2.0, text)
    record = FunctionRecord(text, "ex1_small", "mean_square", 0.0, 2.0, "refused", [], [check], text, 0.5)
    return settled(text, (record,), text, SubmissionMetadata(name=text, email=text))


def tables(text, library, language):
    """Return the summary of a class of one student."""
    summary = Summary()
    summary.add(final_result(text))
    return summary.tables(library, language)


def everything_visible(text):
    return all(line.isprintable() for line in text.split("\n"))


def harmless(text):
    """Assert that a grades.csv with one student is two lines of visible cells; return the cells."""
    assert everything_visible(text)
    _, cells = csv.reader(io.StringIO(text))
    assert len(text.split("\n")) == 3
    assert not any(cell.startswith(STARTERS) for cell in cells)
    return cells


@pytest.mark.parametrize("text", HOSTILE)
def test_in_the_spreadsheet_hostile_text_is_one_visible_cell_that_is_no_formula(text):
    assert len(harmless(grades_csv([final_result(text)], ["mean_square"]))) == 7


@settings(max_examples=300, deadline=None)
@example(" \0=1")
@given(st.text())
def test_in_the_spreadsheet_no_text_at_all_has_an_effect(text):
    harmless(grades_csv([final_result(text)], ["mean_square"]))


@pytest.mark.parametrize("text", HOSTILE)
def test_results_jsonl_holds_hostile_text_as_it_is_on_one_line(tmp_path, text):
    write_results(tmp_path, [final_result(text)], ["mean_square"])
    (line,) = (tmp_path / "results.jsonl").read_bytes().splitlines()
    found = json.loads(line)
    assert (found["student"], found["source"], found["checks"][0]["message"]) == (text, text, text)
    assert read_results(tmp_path) == list(final_result(text).records)
    assert b"\x1b" not in line and b"\0" not in line


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_summary_shows_hostile_text_escaped(library, text, language):
    console = Console(file=io.StringIO(), width=200)
    for part in tables(text, library, language):
        console.print(part)
    shown = console.file.getvalue()
    assert everything_visible(shown)
    assert "".join(c for c in text if c.isascii() and c.isprintable() and c != " ") in shown.replace("\ufffd", "")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_no_text_at_all_steers_a_colored_terminal(library, text):
    def drawn(text):
        console = Console(file=io.StringIO(), width=10_000, force_terminal=True, color_system="truecolor")
        for part in tables(text, library, "en"):
            console.print(part)
        return console.file.getvalue()

    assert drawn(text).count("\x1b") == drawn("x").count("\x1b") or not text.strip()
    assert everything_visible(drawn(text).replace("\x1b", ""))


MESSAGE = "=1+1 \x1b[31m\x07 \u202e \0 \ud800 [bold] \x9b \u2028 <b>\n"


def test_a_message_that_student_code_raises_keeps_every_file_readable(tmp_path, submission_grader):
    raising = SOLUTION.replace("return y\n", f"raise ValueError({MESSAGE!a})\n")
    write_files(tmp_path / "ada", {"ex1_small.py": raising})
    graded = submission_grader.grade(Submission("ada", tmp_path / "ada", ("ex1_small.py",)))
    write_results(tmp_path, [settled("ada", tuple(graded.records), MESSAGE[:3])], ["mean_square", "descend"])
    _, descend = read_results(tmp_path)
    assert (descend.outcome, descend.score) == ("raised", 0.0)
    assert "ValueError" in descend.checks[0].message
    harmless((tmp_path / "grades.csv").read_text("utf-8"))


NAMES = ["=1+1", "\x1b[2Jx", "a\u202eb", "a\nb", "[bold]x[", "<b>", "-rf", "%s {0}", os.fsdecode(b"\xff\xfe")]


def test_a_class_with_hostile_names_and_files_is_graded_and_shown_as_plain_text(tmp_path):
    for name in NAMES:
        try:
            write_files(tmp_path / "class" / name, {"\x1b]0;t\x07.py": SOLUTION, "[red]\u202e.py": SOLUTION})
        except OSError:
            unavailable("this file system does not take such names")
    options = ["--course", COURSE, "--sandbox", "none", "--only", "descend", "--seed", "1"]
    done = grader_command("grade", "class", "--out", "out", *options, cwd=tmp_path)
    assert done.returncode == 1, done.stdout  # every function is defined in two files
    assert everything_visible(done.stdout)
    assert all(name in done.stdout for name in ("=1+1", "[bold]x[", "<b>", "-rf", "%s {0}"))
    names = {record.student for record in read_results(tmp_path / "out")}
    assert names == {*NAMES[:-1], "\ufffd\ufffd"}
    for row in csv.reader((tmp_path / "out/grades.csv").read_text("utf-8").splitlines()):
        assert all(cell.isprintable() and not cell.startswith(STARTERS) for cell in row)
