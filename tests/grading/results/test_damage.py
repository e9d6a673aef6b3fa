"""One changed byte in a journal is noticed: the verdict is decided again, and no damaged row is believed."""

import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace

import msgspec
import pytest

from grader.core.outcome_encoding import reason_to_plain
from grader.core.reasons import Code, Reason
from grader.execution.guest.call_recording.recorded_call import CheckDisplay, ErrorDetail
from grader.grading.results.journal import Journal
from grader.grading.results.journal_rows.journal_error import JournalError
from grader.grading.results.journal_rows.row_checksum import RowDamagedError, register, row_checksum
from grader.grading.results.journal_rows.run_table import ListedAttempt
from grader.grading.results.journal_rows.text_table import MAX_TEXT_BYTES, TEXT_COLUMNS, TEXTS
from grader.grading.verdicts.entry import Attachments, CheckEntry, FunctionEntry, JournalEntry
from grader.grading.verdicts.pictures import Chain
from grader.submissions.submission import SubmissionMetadata

KEYS, NO_MISTAKES = {"f": "0f" * 32}, {"f": ""}
CHECK = CheckEntry("check", False, 0.0, 2.0, ["observed", {}])
STUB = "def f(): ...  # to be written"
ATTACHMENTS = Attachments(
    "def f(): 0  # to be written",
    {"check": Chain("nodes", ("AddBackward0",), ("MulBackward0",), 0)},
    {"check": CheckDisplay(errors=(ErrorDetail(1, "ValueError", "no"),))},
)
ENTRY = JournalEntry(FunctionEntry("ex1", "f", 0.0, 2.0, "failed", (), (CHECK,)), "a.py", 0.0, ATTACHMENTS)


@pytest.fixture
def path(tmp_path):
    """A journal of one student and one finished run."""
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        journal.begin("plan", stubs={"ex1": STUB})
        journal.runs.start_attempts({"f": "exercise"})
        journal.runs.add_attempts(0, [ListedAttempt("ada", SubmissionMetadata(name="Ada"), b"content")])
        journal.keep("ada", KEYS, [ENTRY])
        journal.runs.complete_attempts()
        journal.runs.finish()
    return path


def change(path, statement, *values):
    """Change rows as an accident does: without their checksums."""
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute(statement, values).rowcount == 1


def found(path):
    with Journal(path) as journal:
        journal.begin("another plan")
        return journal.find("ada", KEYS, NO_MISTAKES)


def test_an_undamaged_row_is_found(path):
    assert found(path) == {"f": JournalEntry(ENTRY.result, "a.py", 0.0)}


def test_a_row_with_a_changed_score_is_not_used(path):
    with closing(sqlite3.connect(path)) as db:
        ((data,),) = db.execute("SELECT data FROM texts JOIN verdicts ON hash = entry").fetchall()
    forged = zlib.compress(zlib.decompress(data).replace(b'"score":0.0', b'"score":2.0'))
    change(path, "UPDATE texts SET data = ? WHERE data = ?", forged, data)
    assert found(path) == {}


CHANGES = {
    "student": "bob",
    "function": "g",
    "key": b"another key",
    "entry": b"hash",
    "file": "b.py",
    "seconds": 1.0,
    "run": "another run",
    "reproducible": 2,
    "source": None,
    "pictures": None,
    "displays": None,
    "remark": msgspec.json.encode(reason_to_plain(Reason.of(Code.WRONG_CODING_LINE, file="a.py"))).decode(),
}
"""Column of a verdict -> another value that the column may have, so that nothing but the checksum can notice it."""


@pytest.mark.parametrize("column", CHANGES)
def test_a_change_of_any_column_of_a_verdict_is_noticed(path, column):
    change(path, f"UPDATE verdicts SET {column} = ?", CHANGES[column])
    row = {"student": "ada", "function": "f", "key": bytes.fromhex(KEYS["f"])} | {column: CHANGES[column]}
    with Journal(path) as journal:
        journal.begin("another plan")
        assert journal.find(row["student"], {row["function"]: row["key"].hex()}, {row["function"]: ""}) == {}


@pytest.mark.parametrize(
    "seconds", [2.0**63, -1e300, 4.5e307]
)  # 4.5e307 is 0.25 with another first bit of the exponent
def test_a_number_that_no_integer_holds_is_noticed_as_a_change(path, seconds):
    change(path, "UPDATE verdicts SET seconds = ?", seconds)
    assert found(path) == {}


def test_the_changes_of_these_tests_cover_every_column_of_a_verdict(path):
    with closing(sqlite3.connect(path)) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(verdicts)")]
    assert columns == [*CHANGES, "checksum"]


@pytest.mark.parametrize("text", TEXT_COLUMNS)
@pytest.mark.parametrize("damage", ["data = x'00'", "data = NULL", "stub = x'00'", "hash = x'00'"])
def test_a_damaged_text_is_stored_again_with_its_verdict(path, text, damage):
    change(path, f"UPDATE texts SET {damage} WHERE hash = (SELECT {text} FROM verdicts)")
    decides_again(path)


@pytest.mark.parametrize("damage", ["data = x'00'", "data = NULL", "hash = x'00'", "checksum = x'00'"])
def test_a_damaged_stub_is_stored_again_with_the_sources_that_need_it(path, damage):
    change(path, f"UPDATE stubs SET {damage}")
    decides_again(path)


def decides_again(path):
    """Assert that a damaged verdict is not found, and found after it was decided again."""
    with Journal(path) as journal:
        journal.begin("another plan", stubs={"ex1": STUB})
        assert journal.find("ada", KEYS, NO_MISTAKES) == {}
        assert not journal.has_entries("ada", KEYS)
        journal.keep("ada", KEYS, [ENTRY])
        assert journal.find("ada", KEYS, NO_MISTAKES) == {"f": replace(ENTRY, attachments=Attachments())}
        assert journal.attachments("ada", KEYS) == {"f": ATTACHMENTS}


def test_a_text_that_expands_without_end_is_damaged(path):
    bomb = zlib.compress(b" " * (MAX_TEXT_BYTES + 1))
    with closing(sqlite3.connect(path)) as db, db:
        register(db)
        ((name,),) = db.execute("SELECT source FROM verdicts").fetchall()
        db.execute(TEXTS.insert, (name, None, bomb))
    assert found(path) == {}


def test_damaged_calls_are_removed_so_that_they_are_stored_again(path):
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO calls VALUES ('exercise', 'f::check', x'00', x'00')")
    with Journal(path) as journal:
        assert journal.calls.remove_damaged()
        assert not journal.calls.remove_damaged()


@pytest.mark.parametrize("damage", ["finished = 0", "plan = 'other'", "keys = '{}'", "graded = 0"])
def test_a_run_whose_row_is_damaged_is_not_resumed_and_its_pages_are_not_reused(path, damage):
    change(path, f"UPDATE runs SET {damage}")
    with Journal(path) as journal:
        assert not journal.begin("plan")
        assert not journal.runs.last_finished
    with Journal(path) as journal:
        assert journal.begin("plan"), "the new run is resumed"


@pytest.mark.parametrize(
    "damage", ["UPDATE runs SET graded = 0", "UPDATE attempts SET about = '{}'", "DELETE FROM attempts"]
)
def test_results_are_not_made_from_a_damaged_list_of_submissions(path, damage):
    change(path, damage)
    with pytest.raises(JournalError, match=r"damaged .* run: grader regrade"), Journal(path) as journal:
        journal.runs.current = journal.runs.secret.decode()
        list(journal.runs.attempts())


def test_a_page_that_sqlite_cannot_read_is_reported_in_one_sentence(path):
    data = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name='verdicts'").fetchone()
    data[(root - 1) * 4096 : (root - 1) * 4096 + 100] = b"\xff" * 100
    path.write_bytes(data)
    with pytest.raises(JournalError, match=r"damaged \(database disk image is malformed\)\. Restore the file"):
        found(path)


def test_after_forgetting_a_student_the_other_rows_are_undamaged(path):
    with Journal(path) as journal:
        journal.begin("bob/a.py")
        journal.runs.start_attempts({"f": "exercise"})
        group = SubmissionMetadata(group=("ada", "bob"))
        journal.runs.add_attempts(0, [ListedAttempt(name, group, b"content") for name in ("ada", "bob")])
        journal.runs.complete_attempts()
        journal.forget(["bob"])
        (attempt,) = journal.runs.attempts()
        assert attempt.metadata.group == ("ada",)


def test_a_damaged_row_stays_damaged_when_another_column_changes(path):
    change(path, "UPDATE runs SET graded = 0")
    with Journal(path) as journal:
        journal.runs.current = journal.runs.secret.decode()
        journal.runs.start_writing()
        with pytest.raises(RowDamagedError):
            journal.runs.is_complete  # noqa: B018  (a property)


def test_different_rows_have_different_checksums():
    rows = [("ab", "c"), ("a", "bc"), ("abc",), (b"ab", "c"), ("1",), (1,), (None,), ("None",), ("",), ()]
    assert len({row_checksum(*row) for row in rows}) == len(rows)
    assert row_checksum(0) == row_checksum(0.0)
    assert row_checksum(0.5) != row_checksum(0.25)
