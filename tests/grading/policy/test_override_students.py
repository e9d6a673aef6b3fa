"""A row of overrides.csv reaches its student through a spreadsheet program, and never another one."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.visible_text import FORMULA
from grader.grading.policy.final_score import TOTAL, Override
from grader.grading.policy.override_students import StudentCells, unsure_rows
from grader.grading.policy.overrides import (
    FILE,
    OverrideTable,
    read_override_table,
    read_overrides,
    write_override_table,
)
from grader.submissions.students.look_alikes import id_hash
from grader.submissions.students.spreadsheet_cells import MAX_DIGITS
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata

MAXIMA = {TOTAL: 5.0, "f": 2.0}
NOBODY = SubmissionMetadata()


def saved_by_a_spreadsheet(cell):
    """Return a cell as such a program saves it: trimmed, composed, without marks; a number as Excel shows it."""
    cell = unicodedata.normalize("NFC", cell.replace("\ufeff", "").strip())
    if cell.startswith("'") and not cell[1:].startswith(FORMULA):
        cell = cell[1:]
    if cell.isascii() and cell.isdecimal():
        return f"{float(cell):.5E}" if len(cell.lstrip("0")) > MAX_DIGITS else str(int(cell))
    return cell


def overrides_after(folder, people, written):
    """Put one override for each student in `written`, save the table as a spreadsheet does, and read it."""
    index, table = StudentIndex(people), OverrideTable()
    for student, score in written.items():
        hash_ = id_hash(student) if student in index.students_with_hash else ""
        override = Override(student, "f", score, "", 1.0, True)
        table.put(override, lambda cells, student=student: cells.matches(index) == [student], hash_)
    write_override_table(folder, table)
    rows = list(csv.reader(io.StringIO((folder / FILE).read_text("utf-8-sig"))))
    text = io.StringIO()
    csv.writer(text).writerows([rows[0], *[[saved_by_a_spreadsheet(cell) for cell in row] for row in rows[1:]]])
    (folder / FILE).write_text(text.getvalue(), "utf-8-sig", newline="")
    return read_overrides(read_override_table(folder), people, MAXIMA, str)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("overrides")


alike = st.sampled_from(["ann", "ann ", " ann", "Ann", "ann\u200b", "\ufeffann", "a\u0308", "ä", "\u0430nn", "'ann"])
numbers = st.sampled_from(["7", "007", "1e5", "100000", "202021140123", "202021140124", "3-4", "+7", "'+7", "=7"])
any_text = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), min_size=1, max_size=6)
ids = st.one_of(alike, numbers, any_text)


@given(st.lists(ids, min_size=2, max_size=5, unique=True), st.data())
def test_an_override_is_applied_to_its_student_and_to_nobody_else(folder, class_, data):
    facts = st.builds(SubmissionMetadata, name=st.one_of(ids, st.just("")), ids=st.lists(ids, max_size=1).map(tuple))
    people = {student: data.draw(facts) for student in class_}
    found, problems = overrides_after(folder, people, {class_[0]: 1.5})
    assert {student: overrides["f"].score for student, overrides in found.items()} == {class_[0]: 1.5}, problems
    assert problems == []


@given(st.lists(ids, min_size=2, max_size=4, unique=True))
def test_each_row_of_a_class_is_applied_to_its_own_student(folder, class_):
    scores = {student: number / 4 for number, student in enumerate(class_)}
    found, problems = overrides_after(folder, dict.fromkeys(class_, NOBODY), scores)
    assert ({student: one["f"].score for student, one in found.items()}, problems) == (scores, [])


ANNS = {"ann": NOBODY, "ann ": NOBODY, "bob": SubmissionMetadata(name="Bob B.", email="bob@x.edu"), "eve": NOBODY}


@pytest.fixture
def rows(tmp_path):
    """A function that returns the overrides in a file, and the messages about wrong rows."""

    def rows(*lines):
        (tmp_path / FILE).write_text("\n".join(["student,score,id_hash", *lines]), "utf-8")
        return read_overrides(read_override_table(tmp_path), ANNS, MAXIMA, str)

    return rows


def test_the_hash_decides_and_the_exact_id_where_there_is_none(rows):
    found, problems = rows(f"ann,1,{id_hash('ann ')}", "ann,2,", f",3,{id_hash('bob').upper()}")
    assert {student: one[TOTAL].score for student, one in found.items()} == {"ann ": 1.0, "ann": 2.0, "bob": 3.0}
    assert problems == []
    found, problems = rows("ann ,1,")
    assert [*found] == ["ann "] and problems == []


@pytest.mark.parametrize("name", ["bob", "BOB", "Bob B.", "bob@x.edu", ""])
def test_the_name_in_a_row_with_a_hash_may_be_any_name_of_the_student(rows, name):
    assert [*rows(f"{name},1,{id_hash('bob')}")[0]] == ["bob"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            f"eve,1,{id_hash('bob')}",
            "the id_hash is that of bob (Bob B.), but the row names eve. Correct one of the two",
        ),
        (
            f"zoe,1,{id_hash('bob')}",
            "the id_hash is that of bob (Bob B.), but the row names zoe. Correct one of the two",
        ),
        (f"bob,1,{id_hash('zoe')}", f"no student with the id_hash {id_hash('zoe')} in this class"),
        ("bob,1,hash", "no student with the id_hash hash in this class"),
        (
            "Ann,1,",
            f'several students match Ann: ann (id_hash {id_hash("ann")}), "ann " (id_hash {id_hash("ann ")}). '
            "Add the column id_hash with the hash of one",
        ),
    ],
)
def test_an_ambiguous_row_is_named_and_not_applied(rows, row, problem):
    assert rows(row) == ({}, [f"{FILE}:2: {problem}"])


def test_a_hash_decides_even_if_a_spreadsheet_changed_the_id_into_that_of_another_student():
    index = StudentIndex({"1e5": NOBODY, "100000": NOBODY, "3-4": NOBODY})
    assert StudentCells("100000", id_hash("1e5")).matches(index) == ["1e5"]
    assert StudentCells("4-Mar", id_hash("3-4")).matches(index) == ["3-4"]
    assert StudentCells("100000", id_hash("3-4")).matches(index) == ["3-4", "100000"]


def test_a_row_without_a_hash_is_named_where_ids_look_alike():
    index = StudentIndex(ANNS)
    lines = [
        *enumerate(map(StudentCells, ("ann", "bob", "Ann"), ("", "", "")), 2),
        (5, StudentCells("ann", id_hash("ann"))),
    ]
    (line,) = unsure_rows(lines, FILE, index, str)
    assert line.startswith(
        f"{FILE}:2: applied to ann, because the id is the same. To confirm the student, write an id_hash into this "
        "row. Students who may be meant: ann ("
    )


def test_a_row_with_an_id_that_is_the_address_of_another_student_is_named():
    index = StudentIndex({"ann@x.edu": SubmissionMetadata(), "ann": SubmissionMetadata(email="ann@x.edu")})
    rows = [(2, StudentCells("ann@x.edu")), (3, StudentCells("ann")), (4, StudentCells("ann@x.edu", id_hash("ann")))]
    (line,) = unsure_rows(rows, FILE, index, str)
    assert line.startswith("overrides.csv:2: applied to ann@x.edu")
    assert id_hash("ann") in line
