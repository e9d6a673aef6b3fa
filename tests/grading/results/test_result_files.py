"""Files that other programs read: exact columns, exact keys, no text that a spreadsheet would run."""

import csv
import io
from dataclasses import replace

import msgspec
import pytest
from rich.console import Console

from grader.core.errors import UsageError
from grader.core.files.atomic_files import write_atomically
from grader.grading.policy.final_score import FinalScore
from grader.grading.results.result_files import (
    ResultFiles,
    read_final_results,
    read_finals,
    read_fingerprints,
    write_results,
)
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.comparison.run_comparison import FunctionChange, RunChanges
from grader.reports.comparison.run_comparison_tables import comparison_tables
from grader.reports.terminal import safe
from grader.submissions.submission import SubmissionMetadata
from tests.tools import final_result as settled
from tests.tools import grades_csv

FUNCTIONS = ["f", "g"]
ADA = SubmissionMetadata(name="Ada L.", email="ada@x.edu")


def record(student, function, score, outcome="passed"):
    check = CheckRecord("check", "A claim.", score == 2.0, score or 0.0, 2.0, "")
    return FunctionRecord(student, "ex1", function, score, 2.0, outcome, [], [check], "ex1.py", 0.5)


def final_result(student, f=2.0, g=1.5, review_reason="", metadata=ADA):
    return settled(student, (record(student, "f", f), record(student, "g", g)), review_reason, metadata)


def rows(*students):
    return list(csv.reader(io.StringIO(grades_csv(students, FUNCTIONS))))


def test_the_header_and_the_columns_are_exactly_these():
    assert (
        grades_csv([final_result("ada")], FUNCTIONS)
        == "student,name,email,score,max_score,status,f,g\nada,Ada L.,ada@x.edu,3.50,4.00,graded,2.00,1.50\n"
    )


def test_a_fault_of_the_grader_is_an_empty_cell_and_leaves_no_total():
    row = rows(final_result("ada", f=None, review_reason="look"))[1]
    assert row == ["ada", "Ada L.", "ada@x.edu", "", "4.00", "needs review", "", "1.50"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", " =1", "\t=1", "\r=1", "\n=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_escaped(name):
    (_, cells) = rows(final_result(name, metadata=SubmissionMetadata(name=name, email=name)))
    for cell in cells[:3]:
        assert cell.lstrip()[0] not in "=+-@\t\r"
        assert cell.lstrip("'").strip() == name.strip()


@pytest.mark.parametrize("name", ['the "best", really', "O'Neill", "王小明", "a;b"])
def test_a_name_is_read_back_from_the_csv_unchanged(name):
    assert rows(final_result(name))[1][0] == name


def test_every_student_is_one_line_even_with_line_ends_in_the_name():
    assert len(grades_csv([final_result("a\nb\r\nc")], FUNCTIONS).splitlines()) == 2


def test_a_line_of_results_has_exactly_these_keys_in_this_order(tmp_path):
    write_results(tmp_path, [final_result("bob"), final_result("=ada")], FUNCTIONS)
    lines = [msgspec.json.decode(line) for line in (tmp_path / "results.jsonl").read_bytes().splitlines()]
    keys = "student exercise function score max_score outcome mistakes checks source seconds"
    assert [list(line) for line in lines] == [keys.split()] * 4
    assert list(lines[0]["checks"][0]) == ["name", "claim", "passed", "points", "max_points", "message"]
    assert [(line["student"], line["function"]) for line in lines] == [
        ("=ada", "f"),
        ("=ada", "g"),
        ("bob", "f"),
        ("bob", "g"),
    ]


def test_a_fault_of_the_grader_has_a_score_of_null(tmp_path):
    write_results(tmp_path, [final_result("ada", f=None)], FUNCTIONS)
    assert b'"score":null' in (tmp_path / "results.jsonl").read_bytes()


def test_a_file_appears_whole_and_leaves_no_other_file(tmp_path):
    file = tmp_path / "new" / "file.txt"
    write_atomically(file, b"one")
    write_atomically(file, b"two")
    assert file.read_bytes() == b"two"
    assert [path.name for path in file.parent.iterdir()] == ["file.txt"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    write_atomically(tmp_path / "file.txt", b"old")
    with pytest.raises(TypeError):
        write_atomically(tmp_path / "file.txt", "no bytes")
    assert (tmp_path / "file.txt").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def test_a_comparison_escapes_names_in_edited_results():
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    change = FunctionChange("ada", "\x1b[2Jf", 1.0, 0.0, ("-\x1b[2J[red]c",))
    for part in comparison_tables(RunChanges((change, change), 2, (), ()), "en"):
        console.print(part)
    assert "\x1b[2J" not in console.file.getvalue() and "[red]c" in console.file.getvalue()


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\u202eb", "[bold]x[/]", "\x07", "\r\n"])
def test_text_of_a_student_cannot_steer_the_terminal(text):
    from rich.text import Text

    shown = Text.from_markup(safe(text))
    assert shown.plain.isprintable()
    assert not shown.spans


def test_the_files_of_a_class_appear_together_or_not_at_all(tmp_path):
    write_results(tmp_path, [final_result("ada")], FUNCTIONS)
    old = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / ".results.jsonl.a1b2c3d4").write_text("left by a run that was killed")
    with pytest.raises(KeyboardInterrupt), ResultFiles(tmp_path, FUNCTIONS, with_policy=True) as files:
        files.add(final_result("bob"))
        raise KeyboardInterrupt
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == old


def test_final_scores_are_read_back_as_they_were_written(tmp_path):
    final = FinalScore("ada", 1.0, 4.0, 3.5, 3.5, scores={"": 1.0}, late=True, reviews={"f": "look"})
    write_results(tmp_path, [replace(final_result("ada"), final=final)], FUNCTIONS)
    assert read_finals(tmp_path) == {"ada": final}
    assert [result.review_reason for result in read_final_results(tmp_path)] == ["look"]


@pytest.mark.parametrize("damage", [b'{"student": "\xff', b'{"student": ' + b"[" * 100_000], ids=["no UTF-8", "deep"])
@pytest.mark.parametrize("name", ["results.jsonl", "finals.jsonl"])
def test_a_line_with_bytes_that_no_json_has_is_refused_in_one_sentence(tmp_path, name, damage):
    write_results(tmp_path, [final_result("ada"), final_result("bob")], FUNCTIONS)
    first, _, rest = (tmp_path / name).read_bytes().partition(b"\n")
    (tmp_path / name).write_bytes(first + b"\n" + damage + rest)
    with pytest.raises(UsageError, match="cannot be read"):
        read_final_results(tmp_path)
    if name == "results.jsonl":
        with pytest.raises(UsageError, match="cannot be read"):
            list(read_fingerprints(tmp_path))


def test_a_table_of_release_0_1_with_short_rows_or_without_students_has_no_reasons(tmp_path):
    write_results(tmp_path, [final_result("ada"), final_result("bob")], FUNCTIONS)
    for table in ("student,score,status\nada,1,look\nbob\n", "person,status\nada,look\n", "student\nada\n"):
        (tmp_path / "grades.csv").write_text(table)
        reasons = {result.student: result.final.flags for result in read_final_results(tmp_path)}
        assert reasons == {"ada": ["look"] if "look" in table and "student" in table else [], "bob": []}
