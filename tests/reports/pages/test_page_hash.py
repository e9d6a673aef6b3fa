"""A student's page is not written again only if all that it depends on is unchanged."""

import msgspec
import pytest

from grader.core.files.atomic_files import write_atomically
from grader.grading.policy.final_score import FinalScore
from grader.grading.results.final_result import FinalResult
from grader.grading.verdicts.record import FunctionRecord
from grader.reports.pages import page_hash
from grader.reports.pages.page_hash import PageHasher, is_current
from grader.submissions.submission import SubmissionMetadata

RUN = {"seed": 7, "sandbox": "full", "versions": {"torch": "2"}, "policy": None, "folder": "/home"}
RECORD = FunctionRecord("ada", "ex1_small", "descend", 1.0, 2.0, "failed", [], [], "a.py", 0.5)
KEYS = {"descend": "key"}
FINAL = FinalScore("ada", 1.0, 2.0, 1.0, 1.0)


def made(secret=b"secret", run=(), language="en", metadata=SubmissionMetadata(), **changes):  # noqa: B008  (it is frozen)
    facts = {"student": "ada", "records": (RECORD,), "final": FINAL, "keys": KEYS} | changes
    return PageHasher(secret, RUN | dict(run), language).digest(FinalResult(**facts, metadata=metadata))


@pytest.mark.parametrize(
    "change",
    [
        {"secret": b"another"},
        {"language": "zh"},
        *({"run": {part: "another"}} for part in ("seed", "sandbox", "versions", "policy")),
        {"metadata": SubmissionMetadata(name="Ada")},
        {"metadata": SubmissionMetadata(group=("Bob",))},
        {"keys": {"descend": "another"}},
        {"final": msgspec.structs.replace(FINAL, flags=["look"])},
        {"records": (msgspec.structs.replace(RECORD, score=2.0),)},
    ],
)
def test_a_change_of_anything_that_a_page_depends_on_changes_its_hash(change):
    assert made() == made() != made(**change)


def test_the_folder_of_a_run_does_not_change_the_hash_and_without_cache_keys_there_is_none():
    assert made(run={"folder": "/elsewhere", "finished": "today"}) == made()
    assert made(keys={}) == ""


def test_another_version_of_the_grader_changes_the_hash(monkeypatch):
    before = made()
    monkeypatch.setattr(page_hash, "version", lambda package: "another")
    assert made() != before


def test_a_page_is_current_only_if_its_head_holds_the_hash(tmp_path):
    page = tmp_path / "page.html"
    assert not is_current(page, made())
    write_atomically(page, f'<meta name="made-from" content="{made()}">'.encode())
    assert is_current(page, made())
    write_atomically(page, b" " * page_hash.HEAD_BYTES + page.read_bytes())
    assert not is_current(page, made())
