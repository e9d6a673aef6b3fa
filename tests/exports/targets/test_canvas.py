"""The gradebook for Canvas: scores are in the right rows, all other cells unchanged, all gaps reported."""

import pytest

from grader.core.errors import UsageError
from tests.exports.conftest import FAULTY, HOSTILE_ID
from tests.exports.importers import read_canvas

GRADEBOOK = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,"
    "Essay (11),Lab 2 losses (5512),Labs Current Score,Current Score\r\n"
    ",,,,,Manual Posting,,,\r\n"
    "    Points Possible,,,,,100.00,10.00,(read only),(read only)\r\n"
    '"Lovelace, Ada",4021,s4021,ada,Section 1,77.00,,80,80\r\n'
    '"Builder, Bob",4022,s4022,bob@x.edu,"Section 1, Monday",55.50,9.00,50,50\r\n'
    "王小明,4023,s4023,wang,Section 1,,EX,,\r\n"
    "Eve,4024,eve,eve9,Section 1,,3.00,,\r\n"
    "Nobody Else,4025,s4025,else,Section 1,61.00,4.00,61,61\r\n"
    '"Student, Test",4099,,abcdef,Section 1,,,,\r\n'
)
USERS = {
    "4021": ("s4021", "ada", "Ada Lovelace"),
    "4022": ("s4022", "bob@x.edu", "Bob Builder"),
    "4023": ("s4023", "wang", "王小明"),
    "4024": ("eve", "eve9", "Eve"),
    "4025": ("s4025", "else", "Nobody Else"),
    "4099": ("", "abcdef", "Student, Test"),
}
PEOPLE = {"bob": {"email": "bob@x.edu"}}


def test_every_student_has_the_score_in_the_right_row_and_nothing_else_changed(results_with, export):
    done = export(results_with(PEOPLE), "canvas", "up.csv", GRADEBOOK, "Lab 2 losses")
    data = done.files[0].read_bytes()
    possible, scores = read_canvas(data, USERS)
    lab = {user: score for (user, title), score in scores.items() if title == "Lab 2 losses"}
    assert lab == {"4021": 10.0, "4022": 4.0, "4023": "EX", "4024": 3.0, "4025": 4.0}
    assert possible["Lab 2 losses"] == "10.00"
    expected = GRADEBOOK.replace("ada,Section 1,77.00,,", "ada,Section 1,77.00,10.00,")
    assert data.decode() == expected.replace(",55.50,9.00,", ",55.50,4.00,")


def test_students_not_in_the_gradebook_are_named_and_unchanged_cells_counted(results_with, export):
    done = export(results_with(PEOPLE), "canvas", "up.csv", GRADEBOOK, "Lab 2 losses")
    assert [line.split(":")[0] for line in done.unwritten] == [HOSTILE_ID]
    notes = " ".join(done.notes)
    for words in (
        "scaled: 5 points in these results are 10",
        "excused in Canvas (EX), left unchanged: 1",
        "no score in this run, score in Canvas left unchanged: 1",
        "rows of template.csv without a graded submission, left unchanged: 2",
    ):
        assert words in notes


def test_a_new_title_becomes_a_column_before_those_that_canvas_computes(results_with, export):
    done = export(results_with(PEOPLE), "canvas", "up.csv", GRADEBOOK, "Lab 3, losses")
    possible, scores = read_canvas(done.files[0].read_bytes(), USERS)
    assert possible["Lab 3, losses"] == "5"
    assert scores["4021", "Lab 3, losses"] == 5.0
    assert scores["4022", "Lab 3, losses"] == 2.0
    assert ("4024", "Lab 3, losses") not in scores  # the grader failed: no score
    assert scores["4025", "Essay"] == 61.0


def test_without_a_title_the_column_must_be_the_only_one(results, export):
    with pytest.raises(UsageError, match=r"several columns.*--title.*Essay \(11\); Lab 2 losses \(5512\)"):
        export(results, "canvas", "up.csv", GRADEBOOK)


def test_semicolons_and_decimal_commas_stay(results, export):
    text = "Student;ID;SIS Login ID;Section;Lab (1)\n    Points Possible;;;;10,00\nAda;7;ada;S;1,50\n"
    done = export(results, "canvas", "up.csv", text)
    assert done.files[0].read_text() == text.replace("1,50", "10,00")


TWINS = "Student,ID,SIS User ID,SIS Login ID,Section,Lab (1)\n    Points Possible,,,,,5\n{}"


@pytest.mark.parametrize(
    ("rows", "people", "words"),
    [
        ("Ada Doe,1,x,,S,\nAda Doe,2,y,,S,\n", {"ada": {"name": "Ada Doe"}}, "Ada Doe: rows 3, 4"),
        ("A,1,ada,,S,\nB,2,,ada,S,\n", {}, "ada: rows 3, 4"),
        (
            "Ada,1,ada,,S,\n",
            {"bob": {"ids": ["ada"]}},
            "row 3 of template.csv matches several students, score not written: ada, bob",
        ),
    ],
)
def test_a_doubtful_row_is_not_written(results_with, export, rows, people, words):
    done = export(results_with(people), "canvas", "up.csv", TWINS.format(rows))
    assert done.files[0].read_text() == TWINS.format(rows)
    assert any(line.startswith(words) for line in done.unwritten)


def test_a_second_id_or_the_name_decides_between_two_students(results_with, export):
    rows = "Ada Doe,1,x,,S,\nAda Doe,2,y,,S,\n"
    done = export(results_with({"ada": {"name": "Doe, Ada", "ids": ["y"]}}), "canvas", "up.csv", TWINS.format(rows))
    assert done.files[0].read_text().endswith("Ada Doe,1,x,,S,\nAda Doe,2,y,,S,5.00\n")


def test_every_member_of_a_group_has_the_grade(results_with, export):
    rows = '"Lovelace, Ada",1,,,S,\nMary Shelley,2,,,S,\nJohn Doe,3,,,S,\n'
    people = {"ada": {"name": "Ada Lovelace", "group": ["Ada Lovelace", "Mary Shelley", "Lost One"]}}
    done = export(results_with(people), "canvas", "up.csv", TWINS.format(rows))
    assert [line[-4:] for line in done.files[0].read_text().splitlines()[2:]] == ["5.00", "5.00", ",,S,"]
    assert any(line.startswith("Lost One: not found") for line in done.unwritten)


def test_members_of_a_group_with_results_of_their_own_each_get_their_score(results_with, export):
    rows = '"Lovelace, Ada",1,ada,,S,\nBob Builder,2,bob,,S,\n'
    group = ["Ada Lovelace", "Bob Builder"]
    people = {"ada": {"name": group[0], "group": group}, "bob": {"name": group[1], "group": group}}
    done = export(results_with(people), "canvas", "up.csv", TWINS.format(rows))
    assert [line[-4:] for line in done.files[0].read_text().splitlines()[2:]] == ["5.00", "2.00"]


def test_without_a_template_a_new_gradebook_is_written(results_with, export):
    done = export(results_with({"ada": {"name": "Ada Lovelace"}}), "canvas", title="Lab 2")
    users = {
        str(n): (name, name, name) for n, name in enumerate(("ada", "bob", "王小明", "utf16", FAULTY, f"'{HOSTILE_ID}"))
    }
    data = done.files[0].read_bytes()
    possible, scores = read_canvas(data, users)
    assert possible == {"Lab 2": "5"}
    assert {users[user][0]: score for (user, _), score in scores.items()} == {
        "ada": 5.0, "bob": 2.0, "王小明": 0.0, f"'{HOSTILE_ID}": 3.0,
    }  # fmt: skip
    assert "Ada Lovelace,,ada,ada,,5.00" in data.decode()
    assert "pass that file with --from" in done.notes[0]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "Student,Mail,Section\nx,y,z\n"])
def test_a_file_that_is_no_gradebook_is_refused_with_the_steps_to_get_one(results, export, text):
    with pytest.raises(UsageError, match="In Canvas, open Grades, choose Export"):
        export(results, "canvas", "up.csv", text)


def test_a_maximum_that_is_no_finite_number_is_replaced_by_that_of_the_course(results_with, export):
    done = export(
        results_with(PEOPLE), "canvas", "up.csv", GRADEBOOK.replace(",10.00,", f",{'9' * 400},"), "Lab 2 losses"
    )
    data = done.files[0].read_bytes()
    assert b"inf" not in data and b"nan" not in data and b"9" * 400 not in data
