"""Submissions and a roster find each other: nobody is lost, nobody gets another's work."""

import unicodedata
from pathlib import Path

import pytest

from grader.submissions.roster_matching import Enrolled, reconcile
from grader.submissions.submission import About, Submission

ADA = Enrolled("s4021", "Ada Lovelace", "ada@example.edu", ids=("lovelace",))
WANG = Enrolled("20260002", "王小明", "wang@example.edu", ids=("wxm",))
JOSE = Enrolled("s4023", "José Núñez", "jose@example.edu", ids=("jose-n",))
ROSTER = [ADA, WANG, JOSE]


def meet(*students, roster=ROSTER):
    submissions = [s if isinstance(s, Submission) else Submission(s, Path(), ("a.py",)) for s in students]
    return reconcile(submissions, roster, Path("class"))


def of(student, attempt=1, **facts):
    return Submission(student, Path(), ("a.py",), about=About(attempt=attempt, **facts))


SIGNS = {
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
    "a name in the download": (of("77", name="Ada Lovelace"), ADA),
    "an id in the download": (of("77", ids=("s4023",)), JOSE),
    "the end of a repository": (of("lab1-jose-n", filed_as="lab1-jose-n"), JOSE),
}


@pytest.mark.parametrize("sign", SIGNS)
def test_a_student_is_recognised_by(sign):
    handed, one = SIGNS[sign]
    met = meet(handed)
    row = handed if isinstance(handed, str) else "jose-n" if handed.student.startswith("lab1") else handed.student
    about = {s.student: s.about for s in met.submissions}
    assert (about[row].name, about[row].email) == (one.name, one.email)
    assert (met.unknown, met.twice) == ([], [])
    assert len(met.submissions) == 3
    assert sum(s.about.attempt == 0 for s in met.submissions) == 2


def test_who_is_missing_has_a_row_named_as_the_rows_of_the_others():
    assert {s.student for s in meet("王小明").submissions} == {"王小明", "Ada Lovelace", "José Núñez"}
    assert {s.student for s in meet("wxm", "lovelace").submissions} == {"wxm", "lovelace", "jose-n"}
    assert {s.student for s in meet().submissions} == {"s4021", "20260002", "s4023"}
    (missing,) = [s for s in meet("s4021", "20260002").submissions if not s.about.attempt]
    assert (missing.student, missing.read(), missing.problems) == ("s4023", (), [])


def test_who_is_unknown_keeps_the_row_and_is_named():
    met = meet("s4021", "mallory", of("mallory", 2))
    assert met.unknown == ["mallory"]
    assert [s.student for s in met.submissions].count("mallory") == 2


def test_who_hands_in_under_several_names_keeps_all_rows_and_is_named():
    met = meet("s4021", "Ada Lovelace", "wxm", of("wxm", 2))
    assert met.twice == [["Ada Lovelace", "s4021"]]


def test_two_students_of_one_name_are_not_taken_for_each_other():
    roster = [Enrolled("1001", "李娜"), Enrolled("1002", "李娜")]
    met = meet("李娜", "1001", roster=roster)
    assert met.unknown == ["李娜"]
    assert {s.student for s in met.submissions} == {"李娜", "1001", "1002"}


def test_a_missing_student_never_takes_the_row_of_another():
    roster = [Enrolled("1001", "李娜"), Enrolled("1002", "李娜"), Enrolled("1003", "Ada"), Enrolled("1004", "Bob")]
    met = meet("李娜", "Ada", "Bob", roster=roster)
    assert [(s.student, s.about.attempt) for s in met.submissions] == [
        *(("1001", 0), ("1002", 0), ("Ada", 1), ("Bob", 1), ("李娜", 1)),
    ]
    assert met.unknown == ["李娜"]


def test_a_number_in_a_name_is_no_id():
    assert meet("lab 1", roster=[Enrolled("1", "Ada")]).unknown == ["lab 1"]


def test_an_id_of_another_system_is_not_believed_against_the_name():
    roster = [Enrolled("12", "Ada Lovelace"), Enrolled("13", "王小明")]
    met = meet(of("12", name="王小明"), of("13", name="Ada Lovelace"), roster=roster)
    assert {s.student: s.about.ids for s in met.submissions} == {"12": ("13",), "13": ("12",)}


def test_the_roster_knows_where_the_login_begins_in_the_name_of_a_repository():
    roster = [Enrolled("1001", "李明", ids=("li-ming",)), Enrolled("1002", "李娜", ids=("li-na",))]
    met = meet(of("ming", filed_as="lab-li-ming"), of("na", filed_as="lab-li-na"), roster=roster)
    assert [(s.student, s.about.name) for s in met.submissions] == [("li-ming", "李明"), ("li-na", "李娜")]


def test_the_work_of_a_group_is_the_work_of_each_of_its_members():
    roster = [Enrolled("1", "A", group="G 1"), Enrolled("2", "B", group="g 1"), Enrolled("3", "C")]
    met = meet(of("901", name="G 1"), of("901", 2, name="G 1"), of("3", name="C"), roster=roster)
    assert [(s.student, s.about.attempt) for s in met.submissions] == [("1", 1), ("1", 2), ("2", 1), ("2", 2), ("3", 1)]
    assert met.submissions[0].about.group == ("A", "B")
    assert met.submissions[0].about.name == "A"
    assert (met.unknown, met.twice) == ([], [])


def test_a_student_in_two_sections_is_one():
    assert len(meet("s4021", roster=[ADA, ADA, WANG]).submissions) == 2
