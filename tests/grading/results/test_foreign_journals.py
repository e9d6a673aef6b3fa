"""A journal that a stranger has written: none of its SQL is executed, and a wrong value is an error of the journal."""

import sqlite3
from contextlib import closing

import pytest

from grader.core.errors import UsageError
from grader.grading.results.answer_lookup import AnswerLookup
from grader.grading.results.attachment_lookup import load_attachments
from grader.grading.results.journal import Journal
from grader.grading.results.journal_rows.foreign_schema import ForeignSchemaError, open_database
from grader.grading.results.journal_rows.journal_error import JournalError
from grader.grading.results.journal_rows.row_checksum import register, row_checksum
from tests.fuzz.targets.changed_journals import ENDLESS
from tests.fuzz.targets.results import FINGERPRINT, KEYS, record, write_journal

FOREIGN = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON runs BEGIN INSERT INTO canary VALUES (1); END",
    "view": f"ALTER TABLE verdicts RENAME TO v; CREATE VIEW verdicts AS {ENDLESS}",
    "virtual table": "CREATE VIRTUAL TABLE f USING fts5(x)",
    "computed column": "ALTER TABLE runs ADD COLUMN more AS (hex(plan))",
    "computed default": "ALTER TABLE runs ADD COLUMN more DEFAULT 'x'",
    "index of an expression": "CREATE INDEX e ON runs (abs(1))",
    "constraint": "CREATE TABLE c (x CHECK (abs(x) > 1))",
}
TYPES = {
    "a student in bytes": ("attempts", "student", b"ada"),
    "content that is a number": ("attempts", "content", 7),
    "metadata that is no JSON": ("attempts", "about", "{"),
    "a time without a zone": ("attempts", "about", '{"submitted": "2026-03-01T10:00:00"}'),
    "a time that leaves the calendar": ("attempts", "about", '{"submitted": "0001-01-01T00:00:00+14:00"}'),
    "a fix of another kind": ("attempts", "fix", "[1]"),
    "choices of another kind": ("attempts", "accepted", "null"),
    "keys of another kind": ("runs", "keys", b"\xff"),
    "a number of attempts that is a text": ("runs", "graded", "many"),
}


@pytest.fixture
def path(tmp_path):
    """A journal with a row in each table."""
    write_journal(tmp_path / "journal.sqlite")
    return tmp_path / "journal.sqlite"


def execute(path, statements):
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"CREATE TABLE canary (x); {statements}")


def put(path, table, column, value):
    """Change a column of all rows of a table, with right checksums."""
    with closing(sqlite3.connect(path)) as db, db:
        register(db)
        names = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] != "checksum"]
        place = "rowid" if table == "runs" else "number"
        db.execute(f"UPDATE {table} SET {column} = ?", (value,))
        for number, *row in db.execute(f"SELECT {place}, {', '.join(names)} FROM {table}").fetchall():
            checksum = row_checksum(table, *row)
            db.execute(f"UPDATE {table} SET checksum = ? WHERE {place} = ?", (checksum, number))


@pytest.mark.parametrize("statements", FOREIGN.values(), ids=FOREIGN)
def test_foreign_sql_is_refused_before_it_runs(path, statements):
    execute(path, statements)
    before = path.read_bytes()
    for options in ({}, {"upgrade": False}, {"read_only": True}):
        with pytest.raises(UsageError, match="somebody has added SQL"):
            Journal(path, **options)
    assert load_attachments(path, [record("ada", function, False) for function in KEYS]) == {}
    with AnswerLookup(path) as answers:
        assert answers.find("ada", "descend", FINGERPRINT) is None
    assert path.read_bytes() == before


def test_a_journal_without_such_sql_is_read(path):
    assert load_attachments(path, [record("ada", "descend", False)]).keys() == {"descend"}
    with AnswerLookup(path) as answers:
        assert answers.find("ada", "descend", FINGERPRINT).student == "ada"


def test_the_error_names_what_was_found_on_one_line(path):
    execute(path, 'CREATE TRIGGER "a\nb" AFTER INSERT ON runs BEGIN SELECT 1; END')
    with pytest.raises(ForeignSchemaError, match=r"made no trigger 'a\\nb'"):
        open_database(path, 1)


def test_a_schema_that_is_not_utf_8_is_an_error_of_the_database(path):
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA writable_schema=ON")
        db.execute("UPDATE sqlite_master SET name=CAST(X'91' AS TEXT) WHERE name='runs'")
    with pytest.raises(sqlite3.DatabaseError):
        open_database(path, 1)


@pytest.mark.parametrize(("table", "column", "value"), TYPES.values(), ids=TYPES)
def test_a_value_of_another_kind_with_a_right_checksum_is_an_error_of_the_journal(path, table, column, value):
    put(path, table, column, value)
    with pytest.raises(JournalError, match="damaged"), Journal(path, read_only=True) as journal:
        assert journal.runs.reopen()
        list(journal.runs.attempts())


def test_ids_that_are_no_text_are_left_out(path):
    with closing(sqlite3.connect(path)) as db, db:
        for table in ("verdicts", "attempts", "archives"):
            db.execute(f"UPDATE {table} SET student = CAST('x' AS BLOB) WHERE student = 'ada'")
    with Journal(path, upgrade=False) as journal:
        assert journal.students() == ["bob", "王小明"]
        journal.forget(["bob"])
