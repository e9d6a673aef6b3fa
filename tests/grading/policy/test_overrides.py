"""overrides.csv: any spreadsheet format is read, wrong rows are named by line, only the named rows change."""

import pytest

from grader.core.errors import UsageError
from grader.core.visible_text import unescape_cell
from grader.grading.policy.final_score import TOTAL, Override
from grader.grading.policy.overrides import (
    FILE,
    MAX_SUGGESTIONS,
    read_override_table,
    read_overrides,
    write_override_table,
)
from grader.submissions.submission import SubmissionMetadata

PEOPLE = {
    "ada": SubmissionMetadata(),
    "王小明": SubmissionMetadata(),
    "=1+1": SubmissionMetadata(),
    "007": SubmissionMetadata(name="Bond"),
}
MAXIMA = {"mean_square": 3.0, "descend": 2.0, TOTAL: 5.0}


@pytest.fixture
def rows(tmp_path):
    """A function that returns the overrides in a file, and the messages about wrong rows."""

    def rows(data):
        (tmp_path / FILE).write_bytes(data if isinstance(data, bytes) else data.encode())
        return read_overrides(read_override_table(tmp_path), PEOPLE, MAXIMA, str)

    return rows


TABLE = "student,function,score,comment,automatic\r\nada,descend,1.5,王老师看过,2\r\n王小明,,4,,\r\n"
OTHERS = TABLE.replace("1.5", "1%5").replace(",", ";").replace("%", ",")
CHINESE = OTHERS.replace("student;function;score;comment;automatic", "学生;函数;分数;评语;自动分数").replace(
    ";;4", ";总分;4"
)
WRITTEN = {
    "plain": TABLE.encode(),
    "mark": b"\xef\xbb\xbf" + TABLE.encode(),
    "semicolons and decimal commas": OTHERS.encode(),
    "GBK": CHINESE.encode("gbk"),
    "tabs and UTF-16": TABLE.replace(",", "\t").encode("utf-16"),
    "told what parts the cells": ("sep=;\r\n" + OTHERS).encode(),
    "other order, more columns": "by,score,student,function,comment,automatic\nme,1.5,ada,descend,王老师看过,2\n"
    "me,4,王小明,,,\n".encode(),
    "blank rows and blanks": TABLE.replace("\r\n", "\r\n,,,,\r\n\r\n").replace("ada", " ada ").encode(),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_overrides_are_read_in_every_form_that_programs_write(rows, name):
    found, problems = rows(WRITTEN[name])
    assert problems == []
    ada, wang = found["ada"]["descend"], found["王小明"][TOTAL]
    assert (ada.score, ada.comment, ada.automatic, ada.noted) == (1.5, "王老师看过", 2.0, True)
    assert (wang.score, wang.comment, wang.noted) == (4.0, "", False)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("adda,,1,,", "no student 'adda' in this class. Did you mean ada?"),
        ("zoe,,1,,", "no student 'zoe' in this class"),
        ("ada,decsend,1,,", "no function 'decsend'. Did you mean descend?"),
        ("ada,descend,2.01,,", "invalid score 2.01: use a number from 0 to 2.00"),
        ("ada,descend,-1,,", "invalid score -1"),
        ("ada,descend,1.234,,", "invalid score 1.234"),
        ("ada,,nan,,", "invalid score nan"),
        ("ada,,two,,", "invalid score two"),
        ("ada,,1,,x", "invalid automatic score x"),
        ("ada,,,,", "neither a score nor a comment"),
        ("a\x1b[31m,,1,,", "no student 'a\ufffd[31m' in this class"),
    ],
)
def test_an_invalid_row_is_reported_with_its_line_and_the_others_are_applied(rows, row, words):
    found, (problem,) = rows(f'student,function,score,comment,automatic\nada,,1,"two\nlines",\n{row}\n007,,2,,\n')
    assert problem.startswith(f"{FILE}:4: {words}")
    assert (found["ada"][TOTAL].score, found["007"][TOTAL].score) == (1.0, 2.0)


def test_lines_are_counted_from_the_top_of_the_file(rows):
    _, (problem,) = rows("sep=;\nstudent;score\nada;1\nzoe;1\n")
    assert problem.startswith(f"{FILE}:4: ")


def test_of_two_rows_for_one_score_the_later_is_applied_and_the_conflict_is_reported(rows):
    found, (problem,) = rows("student,function,score\nada,descend,1\n007,,3\nada,descend,2\n")
    assert found["ada"]["descend"].score == 2.0
    assert problem == f"{FILE}:4: same student and function as on line 2; line 4 is used"


def test_the_word_none_means_that_there_was_no_automatic_score(rows):
    (override,) = rows("student,function,score,automatic\nada,descend,1,none\n")[0]["ada"].values()
    assert (override.automatic, override.noted) == (None, True)


def test_a_student_is_found_as_grades_csv_or_a_spreadsheet_shows_the_name(rows):
    found, problems = rows("student,score\n'=1+1,1\n7,2\nbond,3\n")
    assert found["=1+1"][TOTAL].score == 1.0
    assert found["007"][TOTAL].score == 3.0
    assert len(problems) == 1  # two rows on 007


@pytest.mark.parametrize("data", [b"grades of ada\n1,2\n", b"name;score\nada;1\n", b'"' * 200_000 + b"\nx"])
def test_a_file_that_is_no_such_table_is_a_usage_error_that_names_it(rows, data):
    with pytest.raises(UsageError, match=FILE):
        rows(data)


def test_an_empty_or_missing_file_has_no_overrides(rows, tmp_path):
    assert rows(b"") == ({}, [])
    (tmp_path / FILE).unlink()
    assert read_overrides(read_override_table(tmp_path), PEOPLE, MAXIMA, str) == ({}, [])


def same(student):
    return lambda cells: unescape_cell(cells.name) == student


def test_a_row_that_is_put_changes_only_itself(tmp_path):
    (tmp_path / FILE).write_text("by;student;function;score\nme;ada;descend;1,5\nme;007;;3\n", "utf-8")
    sheet = read_override_table(tmp_path)
    sheet.put(Override("007", TOTAL, 4.0, "=well done", 2.0, True), same("007"))
    sheet.put(Override("007", TOTAL, None, "better"), same("007"))
    sheet.put(Override("=1+1", "descend", 0.0, "", None, True), same("=1+1"))
    write_override_table(tmp_path, sheet)
    lines = (tmp_path / FILE).read_bytes().decode("utf-8-sig").splitlines()
    assert lines[:2] == ["by;student;function;score;comment;automatic", "me;ada;descend;1,5"]
    assert lines[2:] == ["me;007;;4.00;better;2.00", ";'=1+1;descend;0.00;;none"]
    found, problems = read_overrides(read_override_table(tmp_path), PEOPLE, MAXIMA, str)
    assert problems == []
    assert found["007"][TOTAL] == Override("007", TOTAL, 4.0, "better", 2.0, True, 3)
    assert found["=1+1"]["descend"].noted


def test_the_rows_of_one_student_can_be_removed(tmp_path):
    (tmp_path / FILE).write_text("student,function,score\nada,descend,1\nada,,3\n007,,2\n", "utf-8")
    sheet = read_override_table(tmp_path)
    assert sheet.remove(same("ada"), TOTAL) == 1
    assert [row for _, row in sheet.rows] == [["ada", "descend", "1"], ["007", "", "2"]]
    assert sheet.remove(same("ada")) == 1
    assert [row for _, row in sheet.rows] == [["007", "", "2"]]


def test_only_the_first_wrong_rows_get_a_suggestion_because_each_is_compared_with_all_names(rows):
    wrong = ("adda,descend,1,,\n", "ada,decsend,1,,\n")
    _, problems = rows("student,function,score,comment,automatic\n" + "".join(wrong) * MAX_SUGGESTIONS)
    suggested = ["Did you mean" in problem for problem in problems]
    assert suggested == [True] * MAX_SUGGESTIONS + [False] * MAX_SUGGESTIONS
