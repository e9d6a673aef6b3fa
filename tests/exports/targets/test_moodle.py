"""The worksheet and the feedback zip for Moodle: only grades and comments change, each file is the right student's."""

import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import msgspec
import pytest

from grader.core.errors import UsageError
from grader.exports.feedback_html import render_feedback
from grader.grading.policy.policy import HiddenChecks
from grader.submissions.submission import SubmissionMetadata
from tests.exports.conftest import HOSTILE_ID, student
from tests.exports.importers import moodle_owner, read_moodle

HEAD = (
    'Identifier,"Full name","ID number","Email address",Status,Group,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
)
DATE = '"Monday, 2 March 2026, 2:58 PM"'
WORKSHEET = (
    f"\ufeff{HEAD}"
    f'"Participant 101","Ada_Lovelace",ada,ada@x.edu,"Submitted for grading",,,100.00,Yes,{DATE},-,\n'
    f'"Participant 102","Bob O\'Neill",,bob@x.edu,"Submitted for grading",,40.00,100.00,Yes,{DATE},-,"<p>old</p>"\n'
    f'"Participant 103",王小明,,w@x.edu,"Submitted for grading",,,100.00,No,{DATE},-,\n'
    f'"Participant 104",Eve,eve,e@x.edu,"Submitted for grading",,7.00,100.00,Yes,{DATE},-,\n'
    f'"Participant 105","Hans =cmd",h1,h@x.edu,"Submitted for grading",,,100.00,Yes,{DATE},-,\n'
    f'"Participant 106","No Body",,n@x.edu,"No submission",,,100.00,Yes,-,-,\n'
)
PEOPLE = {"bob": {"email": "BOB@x.edu"}, HOSTILE_ID: {"ids": ["h1"]}}
NAMES = {101: "ada", 102: "bob", 103: "王小明", 104: "eve", 105: HOSTILE_ID}


class Elements(HTMLParser):
    """The tags of a page and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attributes)

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def exported(results_with, export):
    return export(results_with(PEOPLE), "moodle", "up.csv", WORKSHEET)


def test_moodle_takes_scaled_grades_where_a_grade_can_be_changed(exported):
    taken = read_moodle(WORKSHEET.encode(), exported.files[0].read_bytes())
    assert {who: grade for who, (grade, _) in taken.items()} == {101: 100.0, 105: 60.0}
    assert "scaled: 5 points in these results are 100.00" in " ".join(exported.notes)


def test_rows_that_moodle_skips_are_reported_and_unwritten_rows_stay_unchanged(exported):
    after = exported.files[0].read_bytes().decode()
    assert "王小明: the grade is locked" in " ".join(exported.unwritten)
    assert "skips the row of: bob" in " ".join(exported.notes)
    for line in WORKSHEET.splitlines(keepends=True):
        if any(name in line for name in ("Identifier", "王小明", "Eve", "No Body")):
            assert line in after


def test_the_comment_is_html_without_markup_of_a_student(exported):
    _, comment = read_moodle(WORKSHEET.encode(), exported.files[0].read_bytes())[105]
    page = Elements(comment)
    assert set(page.tags) <= {"p", "strong", "ul", "li", "code", "br", "pre"}
    assert "3 of 5 points" in page.text
    assert "<script>alert(1)</script>" in page.text
    assert all(c.isprintable() or c == "\n" for c in comment)


def test_every_score_has_a_feedback_file_of_its_student(exported, library):
    with zipfile.ZipFile(exported.files[1]) as archive:
        owners = {moodle_owner(name, NAMES): archive.read(name).decode() for name in archive.namelist()}
    assert set(owners) == {(n, "feedback.html") for n in (101, 102, 103, 105)}
    assert "5 of 5 points" in owners[101, "feedback.html"]
    page = Elements(owners[105, "feedback.html"])
    assert not {"script", "img", "iframe", "a", "link"} & set(page.tags)
    assert "alert(1)" in page.text


def test_the_policy_decides_what_feedback_shows_of_hidden_checks(results_with, export, library):
    for hidden, hint, value in (
        (HiddenChecks.HINTS, True, False),
        (HiddenChecks.CLAIMS, False, False),
        (HiddenChecks.FULL, True, True),
    ):
        done = export(results_with(PEOPLE, hidden), "moodle", "up.csv", WORKSHEET)
        with zipfile.ZipFile(done.files[1]) as archive:
            page = Elements(archive.read("Bob O'Neill_102_assignsubmission_file_/feedback.html").decode())
        part = page.text.partition("After many steps the minimum")[2]
        assert ("The gradient points uphill" in part) is hint
        assert ("expected" in part) is value


GERMAN = (
    "ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Maximale Bewertung,Bewertung kann geändert werden,"
    "Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar\n"
    'Teilnehmer/in101,ada,a@x.de,Zur Bewertung abgegeben,,"10,00",Ja,"Montag, 2. März 2026",-,\n'
    'Teilnehmer/in102,bob,b@x.de,Zur Bewertung abgegeben,,"10,00",Nein,"Montag, 2. März 2026",-,\n'
)


def test_headings_in_another_language_and_decimal_commas_are_read(results, export):
    done = export(results, "moodle", "up.csv", GERMAN)
    header, ada, bob = done.files[0].read_text().split("Teilnehmer/in")
    assert ada.startswith('101,ada,a@x.de,Zur Bewertung abgegeben,"10,00","10,00",Ja,"Montag, 2. März 2026",-,"<p>')
    assert GERMAN.startswith(header) and GERMAN.endswith(bob)
    assert any("bob: the grade is locked" in line for line in done.unwritten)


def test_without_a_column_for_comments_none_is_written_and_a_note_says_so(results, export):
    text = GERMAN.replace(",Feedback als Kommentar", "").replace(",-,\n", ",-\n")
    done = export(results, "moodle", "up.csv", text)
    assert done.files[0].read_text() == text.replace('abgegeben,,"10,00",Ja', 'abgegeben,"10,00","10,00",Ja')
    assert "no column for comments" in " ".join(done.notes)


def test_a_team_has_one_feedback_folder_and_every_member_the_grade(results, export):
    text = HEAD + (
        f'"Participant 1",A,,a@x,Submitted,"Team 7",,5.00,Yes,{DATE},-,\n'
        f'"Participant 2",B,,b@x,Submitted,"Team 7",,5.00,Yes,{DATE},-,\n'
        f'"Participant 3",C,,c@x,Submitted,"Team 8",,5.00,Yes,{DATE},-,\n'
    )
    team = replace(
        student(results, "ada"),
        id="77",
        metadata=SubmissionMetadata(name="Team 7", filed_as="Team 7_77_assignsubmission_file"),
    )
    done = export(replace(results, students=(team,)), "moodle", "up.csv", text)
    taken = read_moodle(text.encode(), done.files[0].read_bytes())
    assert {who: grade for who, (grade, _) in taken.items()} == {1: 5.0, 2: 5.0}
    with zipfile.ZipFile(done.files[1]) as archive:
        assert [moodle_owner(name, [77]) for name in archive.namelist()] == [(77, "feedback.html")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "Download grading worksheet, and pass that file with --from"),
        ("Identifier,Full name,Grade,x\nno number,a,b,c\n", "is not a Moodle grading worksheet"),
        (HEAD + f'"Participant 1",A,,a@x,S,,,good,Yes,{DATE},-,\n', "Grade the assignment in points"),
    ],
)
def test_a_file_that_is_no_worksheet_is_refused_with_the_steps_to_get_one(results, export, text, words):
    if text and "good" in text:
        text = text.replace("Maximum Grade", "Scale")
    with pytest.raises(UsageError, match=words):
        export(results, "moodle", "up.csv", text)


def test_the_reason_why_no_function_ran_is_shown_once(results):
    unread = Elements(render_feedback(results, student(results, "utf16"), "comment.html"))
    assert unread.text.count("cannot be decoded") == 1 and "li" not in unread.tags
    wrong = Elements(render_feedback(results, student(results, "bob"), "comment.html"))
    assert "descend" in wrong.text and "li" in wrong.tags


def test_a_call_of_several_lines_stays_readable_in_a_comment(results):
    bob = student(results, "bob")
    records = [
        msgspec.structs.replace(
            record, checks=[msgspec.structs.replace(check, call="x = [1,\n     2]\nf(x)") for check in record.checks]
        )
        for record in bob.records
    ]
    comment = render_feedback(results, replace(bob, records=tuple(records)), "comment.html")
    assert "<pre>x = [1,<br>     2]<br>f(x)</pre>" in comment and "\ufffd" not in comment


def test_a_maximum_that_is_no_finite_number_is_ignored(results_with, export):
    with pytest.raises(UsageError, match="no column holds the same maximum grade"):
        export(
            results_with(PEOPLE),
            "moodle",
            "up.csv",
            WORKSHEET.replace("Maximum Grade", "?").replace("100.00", "9" * 400),
        )
    done = export(results_with(PEOPLE), "moodle", "up.csv", WORKSHEET.replace("100.00", "9" * 400))
    assert any("the worksheet has no maximum grade" in line for line in done.unwritten)
    assert b"inf" not in done.files[0].read_bytes() and b"nan" not in done.files[0].read_bytes()
