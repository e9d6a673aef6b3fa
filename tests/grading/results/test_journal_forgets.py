"""What the journal forgets is no longer in its file; all other rows are unchanged."""

import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace

import msgspec

from grader.core.outcome_encoding import outcome_to_plain
from grader.core.outcomes import Raised
from grader.execution.guest.call_recording.recorded_call import CheckDisplay, ErrorDetail
from grader.grading.results.journal import Journal
from grader.grading.results.journal_rows.run_table import ListedAttempt
from grader.grading.verdicts.entry import Attachments, CheckEntry, FunctionEntry, JournalEntry
from grader.grading.verdicts.pictures import Chain
from grader.submissions.submission import SubmissionMetadata

KEYS = {"f": "0f" * 32}
STUDENTS = [f"student-{number:03}" for number in range(60)]


def entry(student):
    said = outcome_to_plain(Raised("ValueError", f"yours: secret of {student} " * 10))
    result = FunctionEntry("ex1", "f", 0.0, 2.0, "raised", (), (CheckEntry("value", False, 0.0, 2.0, said),))
    return JournalEntry(result, "ex1.py", 0.1, Attachments(source(student)))


def entry_text(student):
    return msgspec.json.encode(entry(student).result).decode()


def source(student):
    """The stub for every third student, else a text that no other student has."""
    return "stub" if int(student[-3:]) % 3 == 0 else f"# by {student}"


def test_no_byte_of_a_forgotten_student_is_left(tmp_path):
    path, gone = tmp_path / "journal.sqlite", STUDENTS[::7]
    with Journal(path) as journal:
        journal.begin("grade student-007/ex1.py --out results")
        for student in STUDENTS:
            journal.keep(student, KEYS, [entry(student)])
        assert journal.forget(gone) == len(gone)
        data = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert not [student for student in gone if student.encode() in data]
        assert [student for student in STUDENTS if student.encode() in data] == journal.students()
        assert journal.find("student-001", KEYS, {"f": ""})["f"].result == entry("student-001").result
        assert journal.find("student-000", KEYS, {"f": ""}) == {}
        shown = {s: journal.attachments(s, KEYS)["f"].source for s in ("student-001", "student-003")}
        assert shown == {"student-001": "# by student-001", "student-003": "stub"}
    with sqlite3.connect(path) as db:
        texts = {zlib.decompress(data).decode() for (data,) in db.execute("SELECT data FROM texts")}
    left = [student for student in STUDENTS if student not in gone]
    assert texts == {text for student in left for text in (source(student), entry_text(student))}
    with Journal(path) as journal:
        assert journal.students() == [student for student in STUDENTS if student not in gone]


def test_a_text_is_deleted_with_the_last_student_who_has_it(tmp_path):
    """Stubs are the course's texts; they stay as long as a text needs them."""
    shared = Attachments("stub of ours", {"value": Chain("nodes", ("a",), ("b",), 0)})
    theirs = Attachments("of theirs", displays={"value": CheckDisplay(errors=(ErrorDetail(1, "Error", "theirs"),))})
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade class", stubs={"ex1": "stub"})
        for student, attachments in (("ada", shared), ("bob", shared), ("eve", theirs)):
            journal.keep(student, KEYS, [replace(entry("student-001"), attachments=attachments)])
        counts = []
        for student in ("bob", "eve", "ada"):
            journal.forget([student])
            with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db:
                tables = ("texts", "stubs")
                counts.append(tuple(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables))
            if student != "ada":
                assert journal.attachments("ada", KEYS) == {"f": shared}
        assert counts == [(5, 1), (3, 1), (0, 0)]
        journal.keep("ada", KEYS, [replace(entry("student-001"), attachments=shared)])
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert journal.attachments("ada", KEYS) == {"f": shared}, "what was deleted is stored again"


def test_the_file_is_rewritten_because_free_pages_could_keep_deleted_data(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade class --out results")
        for student in STUDENTS:
            journal.keep(student, KEYS, [entry(student)])
        journal.forget(STUDENTS[5:])
        with sqlite3.connect(tmp_path / "journal.sqlite") as db:
            assert db.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert (tmp_path / "journal.sqlite-wal").stat().st_size == 0


def test_attempts_plans_and_groups_do_not_name_forgotten_students(tmp_path):
    path = tmp_path / "journal.sqlite"
    group = ("Ada Lovelace", "Bob Burr")
    with Journal(path) as journal:
        journal.begin('{"submissions":"class/ada"}')
        journal.runs.start_attempts({"f": "exercise"})
        people = zip(("ada", "bob"), group, strict=True)
        attempts = [
            ListedAttempt(student, SubmissionMetadata(name=name, group=group), b"x") for student, name in people
        ]
        journal.runs.add_attempts(0, attempts)
        journal.runs.complete_attempts()
        journal.forget(["ada"], lambda text: "ada" in text or "Ada Lovelace" in text)
        assert journal.runs.is_complete
        assert [(one.student, one.metadata.group) for one in journal.runs.attempts()] == [("bob", ("Bob Burr",))]
    assert not [word for word in (b"ada", b"Ada Lovelace") if word in path.read_bytes()]


def test_forgetting_nobody_raises_no_error(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert journal.forget([]) == journal.forget(["zoe"]) == 0
