"""Rosters as systems export them: any heading, encoding and separator gives the same students."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.core.errors import UsageError
from grader.submissions.rosters import natural_name, read_roster
from tests.downloads import (
    PARTICIPANT,
    Student,
    canvas_gradebook,
    classroom_roster,
    gradescope_roster,
    moodle_worksheet,
)
from tests.fuzz.target import limited_cpu
from tests.tools import write_files

ADA = Student("4021", "Ada Lovelace", {"a.py": ""}, "ada@example.edu", "s4021")
WANG = Student("4022", "王小明", {}, "wang@example.edu", "20260002")


@pytest.fixture
def read(tmp_path):
    def read(text, encoding="utf-8"):
        path = tmp_path / "roster.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return read_roster(path)

    return read


def facts(people):
    return [(one.id, one.name, one.email) for one in people]


BOTH = [("4021", "Ada Lovelace", "ada@example.edu"), ("4022", "王小明", "wang@example.edu")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "，"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_encoding_separator_and_line_end(read, encoding, mark, end):
    lines = ["student,name,email", "4021,Ada Lovelace,ada@example.edu", "4022,王小明,wang@example.edu", "", ",,"]
    assert facts(read(end.join(lines).replace(",", mark), encoding)) == BOTH


def test_a_roster_in_a_western_encoding_is_decoded(read):
    (one,) = read("student;name\n1;José Müller\n", "cp1252")
    assert one.name == "José Müller"


@pytest.mark.parametrize("heads", ["学号,姓名,邮箱", "Student_ID,Full Name,E-mail", "identifier,name,Email Address"])
def test_headings_in_both_languages(read, heads):
    assert facts(read(f"{heads}\n4021,Ada Lovelace,ada@example.edu\n4022,王小明,wang@example.edu\n")) == BOTH


def test_the_separator_line_of_excel_is_read(read):
    assert facts(read('sep=;\nstudent;name\n="007";"Bond, James"\n12.0;x\n')) == [
        ("007", "James Bond", ""),
        ("12", "x", ""),
    ]


def test_a_gradebook_of_canvas_without_its_rows_of_points_and_the_test_student(read):
    people = read(canvas_gradebook([ADA, WANG]), "utf-8-sig")
    assert [(one.id, one.name) for one in people] == [("4021", "Ada Lovelace"), ("4022", "王小明")]
    assert [one.ids for one in people] == [("s4021", "ada"), ("20260002", "wang")]


def test_a_gradebook_of_canvas_with_two_columns_of_names(read):
    (one,) = read("LastName,FirstName,ID,SIS User ID,SIS Login ID,Section\n王,小明,7,s7,wang,A\n")
    assert (one.id, one.name, one.ids) == ("7", "王小明", ("s7", "wang"))


@pytest.mark.parametrize("language", PARTICIPANT)
def test_a_worksheet_of_moodle_in_any_language(read, language):
    people = read(moodle_worksheet([ADA, WANG], language), "utf-8-sig")
    assert facts(people) == BOTH
    moment = None if language == "de" else datetime(2026, 3, 1, 14, 58).astimezone()
    assert [one.submitted for one in people] == [moment, None]


def test_a_section_with_a_number_is_no_identifier(read):
    assert facts(read("Section,SID,Name\nSection 1,s1,Ada\nSection 1,s2,Bob\n")) == [
        ("s1", "Ada", ""),
        ("s2", "Bob", ""),
    ]


def test_a_plain_name_with_a_number_stays_whole(read):
    assert facts(read("student,name\nStudent 1,Ada\nStudent 2,Bob\n")) == [
        ("Student 1", "Ada", ""),
        ("Student 2", "Bob", ""),
    ]


def test_a_roster_of_gradescope_without_its_teachers(read):
    people = read(gradescope_roster([ADA, WANG]))
    assert facts(people) == [("s4021", "Ada Lovelace", "ada@example.edu"), ("20260002", "王小明", "wang@example.edu")]


def test_a_roster_of_github_classroom(read):
    people = read(classroom_roster([ADA]))
    assert [(one.id, one.name, one.ids[0]) for one in people] == [("s4021", "Ada Lovelace", "4021")]


@pytest.mark.parametrize("head", ["name", "email", "姓名"])
def test_a_single_column_is_enough(read, head):
    assert [one.id for one in read(f"{head}\na@b.c\n")] == ["a@b.c"]


@pytest.mark.parametrize(
    ("name", "natural"),
    [
        ("Doe, Jane", "Jane Doe"),
        ("王, 小明", "王小明"),
        ("Ada", "Ada"),
        ("de la Cruz, Ana", "Ana de la Cruz"),
    ],
)
def test_a_name_is_returned_in_spoken_order(name, natural):
    assert natural_name(name) == natural


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"color,shape\nred,round\n", "no column with ids, names or e-mail addresses (found: color, shape)"),
        (b"student,name\n", "holds no students"),
        (b"PK\x03\x04xlsx", "Save the workbook as CSV"),
        (b'student\n"' + b"x" * 200_000 + b'"\n', "is not valid CSV"),
    ],
)
def test_an_unreadable_roster_is_a_usage_error_that_says_what_to_do(read, data, words):
    with pytest.raises(UsageError) as caught:
        read(data)
    assert "roster.csv" in str(caught.value) and words in str(caught.value)


def test_a_roster_that_does_not_exist_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere\.csv"):
        read_roster(tmp_path / "nowhere.csv")
    with pytest.raises(UsageError, match="Pass the CSV"):
        read_roster(tmp_path)


CELLS = st.sampled_from(["student", "ID", "name", "Participant 12", "", "a@b.c", '"', ",", "\n", ";", "\0", "王"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=60), st.lists(CELLS, max_size=30).map(lambda c: ",".join(c).encode())))
def test_random_bytes_of_a_roster_raise_only_usage_errors(tmp_path, data):
    (tmp_path / "roster.csv").write_bytes(data)
    try:
        assert all(one.id for one in read_roster(tmp_path / "roster.csv"))
    except UsageError as error:
        assert "roster.csv" in str(error)


HEAD, ACCENTS = "id,name,x,a,b,c\n", "\u0301\u0327" * 50_000


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}Participant{' ' * 100_000}x,Ada,,,,\n",
        f"{HEAD}1,Ada,{'@.' * 30_000} x,,,\n",
        f"id,name\n1,a{ACCENTS}\n",
        f"a{ACCENTS},name\n1,Ada\n",
    ],
    ids=["blanks", "address", "accents", "heading"],
)
def test_a_long_cell_takes_no_quadratic_time(read, text):
    with limited_cpu():
        (one,) = read(text)
    assert one.name.startswith(("Ada", "a"))


def test_times_without_a_zone_are_in_the_given_one(tmp_path):
    write_files(tmp_path, {"roster.csv": "student,submitted\nann,2026-11-20 23:58\nbob,2026-11-20T23:58:00Z\n"})
    times = [one.submitted.isoformat() for one in read_roster(tmp_path / "roster.csv", ZoneInfo("Europe/Berlin"))]
    assert times == ["2026-11-20T23:58:00+01:00", "2026-11-20T23:58:00+00:00"]
