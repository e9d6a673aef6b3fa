"""Matching submissions with a roster: no student is lost, none gets the submission of another."""

import unicodedata
from pathlib import Path

import pytest

from grader.submissions.roster_matching import RosterStudent, match_roster
from grader.submissions.submission import Submission, SubmissionMetadata

ADA = RosterStudent("s4021", "Ada Lovelace", "ada@example.edu", ids=("lovelace",))
WANG = RosterStudent("20260002", "王小明", "wang@example.edu", ids=("wxm",))
JOSE = RosterStudent("s4023", "José Núñez", "jose@example.edu", ids=("jose-n",))
ROSTER = [ADA, WANG, JOSE]


def match_names(*students, roster=ROSTER):
    submissions = [s if isinstance(s, Submission) else Submission(s, Path(), ("a.py",)) for s in students]
    return match_roster(submissions, roster, Path("class"))


def submission(student, attempt=1, **facts):
    return Submission(student, Path(), ("a.py",), metadata=SubmissionMetadata(attempt=attempt, **facts))


KEYS = {
    "an id": ("s4021", ADA),
    "an id in other capitals": ("S4021", ADA),
    "another id": ("wxm", WANG),
    "an address": ("Jose@Example.edu", JOSE),
    "a name": ("王小明", WANG),
    "a name with a blank": ("王 小明", WANG),
    "a name, the last part first": ("Lovelace, Ada", ADA),
    "a name without blanks": ("lovelaceada", ADA),
    "a name with accents in two characters": (unicodedata.normalize("NFD", "José Núñez"), JOSE),
    "an id and a name": ("20260002_王小明", WANG),
    "a name and an id": ("王小明20260002", WANG),
    "an id and a word": ("20260002-lab 1", WANG),
    "the first part of an address": ("jose", JOSE),
    "a name in the download": (submission("77", name="Ada Lovelace"), ADA),
    "an id in the download": (submission("77", ids=("s4023",)), JOSE),
    "the end of a repository": (submission("lab1-jose-n", filed_as="lab1-jose-n"), JOSE),
}


@pytest.mark.parametrize("kind", KEYS)
def test_a_student_is_recognized_by_each_kind_of_key(kind):
    submitted, student = KEYS[kind]
    match = match_names(submitted)
    row = (
        submitted
        if isinstance(submitted, str)
        else "jose-n"
        if submitted.student.startswith("lab1")
        else submitted.student
    )
    metadata = {s.student: s.metadata for s in match.submissions}
    assert (metadata[row].name, metadata[row].email) == (student.name, student.email)
    assert (match.not_on_roster, match.several_names) == ([], [])
    assert len(match.submissions) == 3
    assert sum(s.metadata.attempt == 0 for s in match.submissions) == 2


def test_a_missing_student_has_a_row_named_like_those_of_the_others():
    assert {s.student for s in match_names("王小明").submissions} == {"王小明", "Ada Lovelace", "José Núñez"}
    assert {s.student for s in match_names("wxm", "lovelace").submissions} == {"wxm", "lovelace", "jose-n"}
    assert {s.student for s in match_names().submissions} == {"s4021", "20260002", "s4023"}
    (missing,) = [s for s in match_names("s4021", "20260002").submissions if not s.metadata.attempt]
    assert (missing.student, missing.read(), missing.problems) == ("s4023", (), [])


def test_a_student_not_on_the_roster_has_a_row_and_is_listed():
    match = match_names("s4021", "mallory", submission("mallory", 2))
    assert match.not_on_roster == ["mallory"]
    assert [s.student for s in match.submissions].count("mallory") == 2


def test_a_student_with_several_names_has_all_rows_and_is_listed():
    match = match_names("s4021", "Ada Lovelace", "wxm", submission("wxm", 2))
    assert match.several_names == [["Ada Lovelace", "s4021"]]


def test_two_students_of_one_name_are_not_confused():
    roster = [RosterStudent("1001", "李娜"), RosterStudent("1002", "李娜")]
    match = match_names("李娜", "1001", roster=roster)
    assert match.not_on_roster == ["李娜"]
    assert {s.student for s in match.submissions} == {"李娜", "1001", "1002"}


def test_a_missing_student_never_gets_the_row_of_another():
    roster = [
        RosterStudent("1001", "李娜"),
        RosterStudent("1002", "李娜"),
        RosterStudent("1003", "Ada"),
        RosterStudent("1004", "Bob"),
    ]
    match = match_names("李娜", "Ada", "Bob", roster=roster)
    assert [(s.student, s.metadata.attempt) for s in match.submissions] == [
        *(("1001", 0), ("1002", 0), ("Ada", 1), ("Bob", 1), ("李娜", 1)),
    ]
    assert match.not_on_roster == ["李娜"]


def test_a_short_number_in_a_name_is_no_id():
    assert match_names("lab 1", roster=[RosterStudent("1", "Ada")]).not_on_roster == ["lab 1"]


def test_a_name_is_preferred_to_an_id_that_may_be_of_another_system():
    roster = [RosterStudent("12", "Ada Lovelace"), RosterStudent("13", "王小明")]
    match = match_names(submission("12", name="王小明"), submission("13", name="Ada Lovelace"), roster=roster)
    assert {s.student: s.metadata.ids for s in match.submissions} == {"12": ("13",), "13": ("12",)}


def test_the_roster_knows_where_the_login_begins_in_the_name_of_a_repository():
    roster = [RosterStudent("1001", "李明", ids=("li-ming",)), RosterStudent("1002", "李娜", ids=("li-na",))]
    match = match_names(
        submission("ming", filed_as="lab-li-ming"), submission("na", filed_as="lab-li-na"), roster=roster
    )
    assert [(s.student, s.metadata.name) for s in match.submissions] == [("li-ming", "李明"), ("li-na", "李娜")]


def test_a_group_submission_is_a_submission_of_each_member():
    roster = [RosterStudent("1", "A", group="G 1"), RosterStudent("2", "B", group="g 1"), RosterStudent("3", "C")]
    match = match_names(
        submission("901", name="G 1"), submission("901", 2, name="G 1"), submission("3", name="C"), roster=roster
    )
    assert [(s.student, s.metadata.attempt) for s in match.submissions] == [
        ("1", 1),
        ("1", 2),
        ("2", 1),
        ("2", 2),
        ("3", 1),
    ]
    assert match.submissions[0].metadata.group == ("A", "B")
    assert match.submissions[0].metadata.name == "A"
    assert (match.not_on_roster, match.several_names) == ([], [])


def test_a_student_in_two_sections_is_one():
    assert len(match_names("s4021", roster=[ADA, ADA, WANG]).submissions) == 2
