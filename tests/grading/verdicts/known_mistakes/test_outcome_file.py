"""The file of outcomes gives back what was stored in the same conditions, and nothing else."""

import zlib

import msgspec
import pytest

from grader.core.hashing import digest
from grader.core.outcomes import Crashed, GraderFault, Observed, Raised, TimedOut
from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import (
    MAX_FRAME,
    CheckFinished,
    FileStarted,
    pack,
)
from grader.grading.verdicts.known_mistakes import outcome_file
from grader.grading.verdicts.known_mistakes.outcome_file import FILE, SOLUTION, START, OutcomeFile, remove_outcome_file

KEYS = {"f": "key of f", "g": "key of g"}
OUTCOMES = {
    "mistake": {"f::one": Observed({"loss": 0.1 + 0.2, "kind": "mean"}), "f::two": Raised("TypeError", "no")},
    "another": {"f::one": Observed({"loss": float("inf")})},
}


@pytest.fixture
def folder(tmp_path):
    OutcomeFile(tmp_path, KEYS).save({"f": OUTCOMES})
    return tmp_path


def test_what_was_stored_is_found_by_a_later_run(folder):
    later = OutcomeFile(folder, KEYS)
    assert later.load("f") == OUTCOMES and later.load("g") == {}
    more = {"another": {"f::two": Raised("ValueError", "")}}
    later.save({"f": more})
    merged = OUTCOMES | {"another": OUTCOMES["another"] | more["another"]}
    assert OutcomeFile(folder, KEYS).load("f") == merged


def test_the_solution_is_found_like_a_mistake(folder):
    outcomes = {"f::one": Observed({"loss": 0.5})}
    OutcomeFile(folder, KEYS).save({"f": {SOLUTION: outcomes}})
    later = OutcomeFile(folder, KEYS)
    assert later.load_solution("f") == outcomes and later.load_solution("g") == {}
    assert later.load("f") == OUTCOMES | {SOLUTION: outcomes}


def test_outcomes_of_other_conditions_are_ignored_and_replaced_for_one_function_only(folder):
    OutcomeFile(folder, KEYS).save({"g": OUTCOMES})
    other = OutcomeFile(folder, KEYS | {"f": "another seed"})
    assert other.load("f") == {} and other.load("g") == OUTCOMES
    other.save({"f": {"mistake": {"f::one": Raised("OSError", "")}}})
    assert OutcomeFile(folder, KEYS).load("f") == {}
    assert OutcomeFile(folder, KEYS).load("g") == OUTCOMES
    assert OutcomeFile(folder, KEYS, fresh=True).load("g") == {}


def test_a_run_without_new_outcomes_writes_nothing(folder):
    before = (folder / FILE).stat()
    OutcomeFile(folder, KEYS).save({})
    assert (folder / FILE).stat().st_ino == before.st_ino


def test_a_file_with_any_byte_changed_gives_what_was_stored_or_nothing(folder):
    content = (folder / FILE).read_bytes()
    lost = 0
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 0x10
        (folder / FILE).write_bytes(changed)
        found = OutcomeFile(folder, KEYS).load("f")
        assert found in ({}, OUTCOMES)
        lost += found == {}
    assert lost > len(content) - 5  # all bytes count, except perhaps some of the length of a text
    for size in range(0, len(content), 7):
        (folder / FILE).write_bytes(content[:size])
        assert OutcomeFile(folder, KEYS).load("f") == {}
        OutcomeFile(folder, KEYS).save({"f": OUTCOMES})
        assert OutcomeFile(folder, KEYS).load("f") == OUTCOMES


def write_block(folder, frames):
    """Write a file whose checksum is right, as a person would who can write the folder."""
    data = zlib.compress(msgspec.msgpack.encode({"mistake": frames}))
    block = (KEYS["f"], digest(KEYS["f"], data), data)
    (folder / FILE).write_bytes(START + msgspec.msgpack.encode({"f": block}))


def frame(outcome):
    return pack(CheckFinished(0, outcome))[4:]


@pytest.mark.parametrize(
    "bad",
    [
        frame(TimedOut(1.0)),
        frame(Crashed(Reason.of(Code.LOST_WORKERS))),
        frame(GraderFault(Reason.of(Code.INTERNAL, error="no"))),
        pack(FileStarted("a.py"))[4:],
        b"[" * 100_000,
        b"",
        b" " * MAX_FRAME + frame(Raised("TypeError", "no")),
    ],
    ids=["time-out", "crash", "fault", "another frame", "deep", "empty", "large"],
)
def test_what_no_child_may_send_is_not_read_from_the_file(tmp_path, bad):
    good = frame(Raised("TypeError", "no"))
    write_block(tmp_path, {"f::one": good})
    assert OutcomeFile(tmp_path, KEYS).load("f") == {"mistake": {"f::one": Raised("TypeError", "no")}}
    write_block(tmp_path, {"f::one": good, "f::two": bad})
    assert OutcomeFile(tmp_path, KEYS).load("f") == {}


def test_a_block_that_unpacks_to_too_much_is_ignored(tmp_path, monkeypatch):
    write_block(tmp_path, {"f::one": frame(Raised("TypeError", "no" * 100))})
    assert OutcomeFile(tmp_path, KEYS).load("f")
    monkeypatch.setattr(outcome_file, "MAX_BLOCK", 100)
    assert OutcomeFile(tmp_path, KEYS).load("f") == {}


def test_outcomes_that_may_differ_next_time_are_not_stored(tmp_path):
    outcomes = {"mistake": {"f::one": TimedOut(1.0), "f::two": Raised("TypeError", "no")}}
    OutcomeFile(tmp_path, KEYS).save({"f": outcomes})
    assert OutcomeFile(tmp_path, KEYS).load("f") == {"mistake": {"f::two": Raised("TypeError", "no")}}


def test_of_too_many_outcomes_the_largest_functions_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(outcome_file, "MAX_FILE", 4000)
    large = {"mistake": {f"f::{n}": Raised("TypeError", digest(str(n))) for n in range(100)}}
    OutcomeFile(tmp_path, KEYS).save({"f": large, "g": OUTCOMES})
    assert (tmp_path / FILE).stat().st_size <= 4000
    found = OutcomeFile(tmp_path, KEYS)
    assert found.load("f") == {} and found.load("g") == OUTCOMES


def test_removing_a_missing_file_returns_false(folder):
    assert remove_outcome_file(folder) and not remove_outcome_file(folder)
    assert OutcomeFile(folder, KEYS).load("f") == {}
