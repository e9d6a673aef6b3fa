"""The journal stores verdicts without a language, and attachments; it upgrades or only reads release 0.1's journal."""

import json
import secrets
import shutil
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from grader.core.errors import UsageError
from grader.core.outcome_encoding import outcome_to_plain
from grader.core.outcomes import Missing, Observed, Raised
from grader.core.reasons import Code, Reason
from grader.grading.results.attachment_lookup import load_attachments
from grader.grading.results.journal import Journal
from grader.grading.results.journal_rows.journal_file import SCHEMA
from grader.grading.results.journal_rows.row_checksum import register
from grader.grading.results.journal_rows.run_table import ListedAttempt
from grader.grading.results.journal_rows.text_table import TEXTS
from grader.grading.results.result_files import read_results
from grader.grading.results.verdict_cache.cache_key import submission_keys
from grader.grading.verdicts.entry import Attachments, CheckEntry, FunctionEntry, JournalEntry, ShownDifference
from grader.grading.verdicts.pictures import Chain
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.grading.verdicts.render import Renderer
from grader.submissions.submission import AppliedFix, SubmissionMetadata

OLD = Path(__file__).parent / "release_0_1"
"""Results folder of five students, written by release 0.1 from the miniature course with seed 7."""
PICTURE = Chain("nodes", ("AddBackward0",), ("MulBackward0",), 0)
SOURCE = "def f():\n    return '均方'\n"
KEYS = {"f": "0f" * 32, "g": "a0" * 32}
OTHER_KEY, LAST_KEY = "0e" * 32, "1e" * 32
NO_MISTAKES = {"f": "", "g": ""}
DIFFERENCE = ShownDifference("x", "x[0]", "1", "2", 3, 4)


def result(function="f", passed=False, **more):
    """Return the entry of a function with one check."""
    facts = {"plain": outcome_to_plain(Observed({})), "differences": () if passed else (DIFFERENCE,)} | more
    check = CheckEntry("check", passed, float(passed), 1.0, **facts)
    return FunctionEntry("ex1", function, float(passed), 1.0, "failed", (), (check,))


def entry(function="f", attachments=Attachments(), seconds=0.5, **more):  # noqa: B008  (it is frozen)
    return JournalEntry(result(function, **more), "a.py", seconds, attachments)


def record(student="ada", function="f", seconds=0.5, passed=False):
    """Return the record that results.jsonl holds for the entry that `result` makes."""
    checks = [CheckRecord("check", "A claim.", passed, 0.0, 1.0, "in words")]
    return FunctionRecord(student, "ex1", function, 0.0, 1.0, "failed", [], checks, "a.py", seconds)


@pytest.fixture
def old(tmp_path):
    """A copy of the results folder of release 0.1."""
    return Path(shutil.copytree(OLD, tmp_path / "results"))


def test_an_entry_is_read_back_unchanged_and_each_text_is_stored_once(tmp_path):
    attachments = Attachments(SOURCE, {"check": PICTURE})
    raised = outcome_to_plain(Raised("ValueError", "no"))
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        for student in ("ada", "bob"):
            journal.keep(student, KEYS, [entry("f", attachments), entry("g", plain=raised, mistakes=("g__sum",))])
        assert journal.find("ada", KEYS, NO_MISTAKES)["f"] == entry("f")
        assert journal.find("bob", KEYS, NO_MISTAKES)["g"] == entry("g", plain=raised, mistakes=("g__sum",))
        assert journal.attachments("ada", KEYS) == {"f": attachments}
        assert journal.attachments("ada", {"f": OTHER_KEY}) == journal.attachments("eve", KEYS) == {}
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        assert db.execute("SELECT count(*) FROM texts").fetchone() == (4,), "a source, a picture, two entries"


def test_a_reused_entry_has_the_same_attachments_as_when_it_was_stored(tmp_path):
    attachments = Attachments(SOURCE, {"check": PICTURE})
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        journal.keep("ada", KEYS, [entry("f", attachments)])
        made = journal.attachments("ada", KEYS)
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        assert journal.find("ada", KEYS, NO_MISTAKES) == {"f": entry("f")}
        assert journal.attachments("ada", KEYS) == made == {"f": attachments}


def test_sources_need_little_space_and_can_be_read_after_the_stub_has_changed(tmp_path):
    stub = "".join(f"# {line}: {line**9:x}\n" for line in range(300))
    texts = {student: f"{stub}answer = {student!r}\n" for student in ("ada", "bob", "eve")}
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        for plan, stubs in (("one", {}), ("two", {"ex1": stub}), ("three", {"ex1": "another stub"})):
            journal.begin(plan, stubs=stubs)
            for student, text in texts.items():
                journal.keep(f"{student} {plan}", KEYS, [entry("f", Attachments(text + plan))])
        journal.keep("stub", KEYS, [entry("f", Attachments(stub))])
    with Journal(path) as journal:
        journal.begin("four")
        for student, text in texts.items():
            for plan in ("one", "two", "three"):
                assert journal.attachments(f"{student} {plan}", KEYS)["f"].source == text + plan
        assert journal.attachments("stub", KEYS)["f"].source == stub
    with closing(sqlite3.connect(path)) as db:
        lengths = "SELECT student, length(data) FROM verdicts JOIN texts ON hash = source"
        found = dict(db.execute(lengths).fetchall())
    assert max(found[f"{student} two"] for student in texts) < found["ada one"] / 30


def test_the_journal_stores_codes_and_no_sentences(tmp_path):
    reason = outcome_to_plain(Missing(Reason.of(Code.NOT_DEFINED)))
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        journal.keep("ada", KEYS, [entry("f", plain=reason, differences=(), mistakes=("f__sum",))])
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db:
        stored = zlib.decompress(*db.execute("SELECT data FROM texts").fetchone())
    assert b"not_defined" in stored and b"f__sum" in stored and b"no submitted file" not in stored


@pytest.mark.parametrize("plain", [["made_up"], ["missing", ["made_up", {}]], "observed"], ids=str)
def test_an_entry_with_an_invalid_outcome_is_graded_again(tmp_path, plain):
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        journal.keep("ada", KEYS, [entry("f")])
        assert journal.find("ada", KEYS, NO_MISTAKES) == {"f": entry("f")}
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db, db:
        register(db)
        name, data = db.execute("SELECT hash, data FROM texts").fetchone()
        forged = zlib.decompress(data).replace(b'["observed",{}]', json.dumps(plain).encode())
        assert forged != zlib.decompress(data)
        db.execute(TEXTS.insert, (name, None, zlib.compress(forged)))
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin("grade x")
        assert journal.find("ada", KEYS, NO_MISTAKES) == {}


def test_a_check_or_mistake_that_the_course_no_longer_has_is_shown_by_its_id(library):
    gone = FunctionEntry("ex9", "gone", 0.0, 1.0, "failed", ("gone__sum",), result(mistakes=("gone__sum",)).checks)
    for language, said in (
        ("en", "x: 3 of 4 entries differ; at [0] returned 1, expected 2"),
        ("zh", "x: 4 个元素中有 3 个不同"),
    ):
        made = Renderer(library, language, lambda check: None).record(JournalEntry(gone, "a.py", 0.5), "ada")
        (check,) = made.checks
        assert (made.student, made.function, made.mistakes, check.claim) == ("ada", "gone", ["gone__sum"], "")
        assert check.message.startswith(said) and check.message.endswith("\ngone__sum")


def test_a_record_that_was_written_elsewhere_finds_its_text_read_only(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        journal.begin("grade x")
        journal.keep("ada", KEYS, [entry("f", Attachments(SOURCE))])
        journal.keep("ada", {"f": OTHER_KEY}, [entry("f", Attachments("later"), seconds=0.7)])
        journal.keep("ada", {"f": LAST_KEY}, [entry("f", Attachments("last"), passed=True)])
    before = path.read_bytes()
    assert load_attachments(path, [record()]) == {"f": Attachments(SOURCE)}
    assert load_attachments(path, [record(seconds=0.7)]) == {"f": Attachments("later")}
    assert load_attachments(path, [record(passed=True)]) == {"f": Attachments("last")}
    assert load_attachments(path, [record(seconds=0.9)]) != {}, "what fits none is found by its function"
    assert load_attachments(path, [record(function="g"), record("eve")]) == {}
    assert path.read_bytes() == before
    assert load_attachments(tmp_path / "none.sqlite", [record()]) == {}
    assert not (tmp_path / "none.sqlite").exists()


def test_a_journal_of_release_0_1_is_upgraded_and_its_verdicts_go(old):
    with Journal(old / "journal.sqlite") as journal:
        assert journal.upgraded
        assert journal.students() == []
        secret = journal.runs.secret
        assert not journal.begin("grade class --course course --out results --seed 7 --time-limit 1 --jobs 1 --lang en")
        journal.keep("ada", KEYS, [entry("f", Attachments(SOURCE))])
    with Journal(old / "journal.sqlite") as journal:
        assert not journal.upgraded
        journal.begin("grade x")
        assert journal.find("ada", KEYS, NO_MISTAKES) == {"f": entry("f")}
        assert journal.runs.secret == secret != b""
    with sqlite3.connect(old / "journal.sqlite") as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA,)


def test_the_attachments_of_release_0_1_are_read_without_an_upgrade(old):
    before = (old / "journal.sqlite").read_bytes()
    records = {(r.student, r.function): r for r in read_results(old)}
    found = load_attachments(old / "journal.sqlite", [records["bob", "descend"], records["bob", "mean_square"]])
    assert "def mean_square(y, t=None)" in found["descend"].source == found["mean_square"].source
    assert set(found["descend"].pictures) == {"one_step", "comes_close"}
    assert (old / "journal.sqlite").read_bytes() == before


@pytest.mark.parametrize("schema", [1, 2])
def test_a_student_is_forgotten_in_a_journal_of_release_0_1_as_well(old, schema):
    if schema == 1:
        with sqlite3.connect(old / "journal.sqlite") as db:
            for statement in ("DROP TABLE sources", "ALTER TABLE verdicts DROP COLUMN source", "PRAGMA user_version=1"):
                db.execute(statement)
        db.close()
    with Journal(old / "journal.sqlite", upgrade=False) as journal:
        assert journal.students() == ["ada", "bob", "eve", "finn", "leo"]
        assert journal.forget(["bob"]) == 2
        assert journal.students() == ["ada", "eve", "finn", "leo"]
    with sqlite3.connect(old / "journal.sqlite") as db:
        assert db.execute("PRAGMA user_version").fetchone() == (schema,)
    assert b"bob" not in (old / "journal.sqlite").read_bytes()


def test_only_the_latest_complete_run_keeps_its_attempts(tmp_path):
    exercises, content = {"f": "exercise"}, b"content"
    with Journal(tmp_path / "journal.sqlite") as journal:
        for plan, student in (("one", "ada"), ("two", "bob")):
            assert not journal.begin(plan)
            journal.runs.start_attempts(exercises)
            journal.runs.add_attempts(0, [ListedAttempt(student, SubmissionMetadata(name=student.title()), content)])
            assert not journal.runs.is_complete
            assert journal.students() == (["ada"] if plan == "one" else ["ada", "bob"])
            journal.runs.complete_attempts()
            assert journal.runs.is_complete
            journal.runs.finish()
        (attempt,) = journal.runs.attempts()
        assert (attempt.student, attempt.metadata.name) == ("bob", "Bob")
        assert attempt.keys == submission_keys(exercises, content)
        assert journal.students() == ["bob"]


def test_the_fix_of_the_latest_earlier_run_is_found_in_whichever_order_runs_are_stored(tmp_path, monkeypatch):
    ids = iter(["b", "a", "c"])  # run ids are random, and the table of attempts is sorted by them
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(ids))
    with Journal(tmp_path / "journal.sqlite") as journal:
        for number in range(2):
            journal.begin(f"plan {number}")
            journal.runs.start_attempts({})
            fix = AppliedFix(digest=f"fix {number}", original="")
            journal.runs.add_attempts(0, [ListedAttempt("ada", SubmissionMetadata(), b"", fix)])
        journal.begin("plan 2")
        assert journal.runs.earlier_fixes()["ada"].digest == "fix 1"


def test_a_journal_of_a_later_grader_is_left_as_it_is(old):
    path = old / "journal.sqlite"
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version={SCHEMA + 1}")
    db.close()
    before = path.read_bytes()
    for upgrade in (True, False):
        with pytest.raises(UsageError, match=f"schema {SCHEMA + 1}; this version uses {SCHEMA}"):
            Journal(path, upgrade)
    assert path.read_bytes() == before
