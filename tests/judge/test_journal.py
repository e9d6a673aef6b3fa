"""Beside the records the journal keeps what people look at; a journal of an earlier grader is brought up to date."""

import sqlite3

import msgspec
import pytest

from grader.core.errors import UsageError
from grader.core.submission import About
from grader.judge.cache_key import keys_of
from grader.judge.journal import NOTHING, SCHEMA, Beside, Journal, JournalEntry
from grader.judge.kept import kept_beside
from grader.judge.picture import Chain
from grader.judge.plan import Plan
from grader.judge.record import CheckRecord, FunctionRecord

PICTURE = Chain("nodes", ("AddBackward0",), ("MulBackward0",), 0)
SOURCE = "def f():\n    return '均方'\n"
KEYS = {"f": "key of f", "g": "key of g"}
SCHEMA_1 = """
CREATE TABLE verdicts (student TEXT, function TEXT, key TEXT, record BLOB, human TEXT,
    run TEXT, steady INTEGER, PRIMARY KEY (student, function, key)) WITHOUT ROWID;
CREATE TABLE runs (run TEXT PRIMARY KEY, command TEXT, finished INTEGER);
PRAGMA user_version=1;
"""


def record(function, student="ada", message="x"):
    checks = [CheckRecord("check", "A claim.", False, 0.0, 1.0, message)]
    return FunctionRecord(student, "ex1", function, 0.0, 1.0, "failed", [], checks, "a.py", 0.5)


def test_text_and_pictures_come_back_as_they_were_kept_and_each_text_is_kept_once(tmp_path):
    beside = Beside(SOURCE, {"check": PICTURE})
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        for student in ("ada", "bob"):
            journal.keep(
                student, KEYS, [JournalEntry(record("f", student), "", beside), JournalEntry(record("g", student), "")]
            )
        assert journal.beside("ada", KEYS) == {"f": beside}
        assert journal.beside("ada", {"f": "another key"}) == journal.beside("eve", KEYS) == {}
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        assert db.execute("SELECT count(*) FROM sources").fetchone() == (1,)


def test_what_is_found_again_has_no_less_beside_it_than_what_was_just_made(tmp_path):
    beside = Beside(SOURCE, {"check": PICTURE})
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        journal.keep("ada", KEYS, [JournalEntry(record("f"), "", beside)])
        made = journal.beside("ada", KEYS)
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        assert journal.find("ada", KEYS)["f"].record == record("f")
        assert journal.beside("ada", KEYS) == made == {"f": beside}


def test_a_record_that_was_written_elsewhere_finds_its_text_read_only(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        journal.begin("grade x")
        journal.keep("ada", KEYS, [JournalEntry(record("f"), "", Beside(SOURCE))])
        journal.keep("ada", {"f": "later"}, [JournalEntry(record("f", message="y"), "", Beside("later"))])
    before = path.read_bytes()
    assert kept_beside(path, [record("f")]) == {"f": Beside(SOURCE)}
    assert kept_beside(path, [record("f", message="y")]) == {"f": Beside("later")}
    assert kept_beside(path, [record("f", message="z")]) != {}, "what was changed afterwards is found by its function"
    assert kept_beside(path, [record("g"), record("f", "eve")]) == {}
    assert path.read_bytes() == before
    assert kept_beside(tmp_path / "none.sqlite", [record("f")]) == {}
    assert not (tmp_path / "none.sqlite").exists()


def test_a_journal_of_schema_1_is_brought_up_to_date_and_loses_nothing(tmp_path):
    path = tmp_path / "journal.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript(SCHEMA_1)
        row = ("ada", "f", KEYS["f"], msgspec.json.encode(record("f")), "look", "run", 1)
        db.execute("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    for _ in range(2):
        with Journal(path) as journal:
            journal.begin("grade x")
            assert journal.find("ada", KEYS)["f"] == JournalEntry(record("f"), "look", NOTHING)
            assert "f" not in journal.beside("ada", KEYS)
            journal.keep("ada", KEYS, [JournalEntry(record("g"), "", Beside(SOURCE))])
            assert journal.beside("ada", KEYS) == {"g": Beside(SOURCE)}
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA,)


def test_a_journal_of_schema_2_keeps_its_verdicts_and_resumes_no_run_of_release_0_1(tmp_path):
    path = tmp_path / "journal.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript(SCHEMA_1.replace("user_version=1", "user_version=2"))
        db.execute("ALTER TABLE verdicts ADD COLUMN source BLOB")
        db.execute("ALTER TABLE verdicts ADD COLUMN pictures BLOB")
        row = ("ada", "f", KEYS["f"], msgspec.json.encode(record("f")), "look", "first", 1, None, None)
        db.execute("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        db.execute("INSERT INTO runs VALUES ('first', 'grade class --out out', 0)")
    with Journal(path) as journal:
        assert not journal.begin(Plan(submissions="class").encoded().decode())
        assert journal.runs.secret == b"first"
        assert journal.find("ada", KEYS)["f"].record == record("f")
    with Journal(path) as journal:
        assert journal.begin(Plan(submissions="class").encoded().decode())


def test_only_the_latest_complete_run_keeps_its_attempts(tmp_path):
    exercises, content = {"f": "exercise"}, b"content"
    with Journal(tmp_path / "journal.sqlite") as journal:
        for plan, student in (("one", "ada"), ("two", "bob")):
            assert not journal.begin(plan)
            journal.runs.start_attempts(exercises)
            journal.runs.add_attempts(0, [(student, About(name=student.title()), content)])
            assert not journal.runs.is_complete
            assert journal.students() == (["ada"] if plan == "one" else ["ada", "bob"])
            journal.runs.complete_attempts()
            assert journal.runs.is_complete
            journal.runs.finish()
        (attempt,) = journal.runs.attempts()
        assert (attempt.student, attempt.about.name) == ("bob", "Bob")
        assert attempt.keys == keys_of(exercises, content)
        assert journal.students() == ["bob"]


def test_a_journal_of_a_later_grader_is_left_as_it_is(tmp_path):
    path = tmp_path / "journal.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript(SCHEMA_1.replace("user_version=1", f"user_version={SCHEMA + 1}"))
    before = path.read_bytes()
    with pytest.raises(UsageError, match=f"schema {SCHEMA + 1}, this is {SCHEMA}"):
        Journal(path)
    assert path.read_bytes() == before
