"""A pipe, a device or a socket in place of a results file is refused in one sentence, and never waited for."""

import os
import shutil
import signal
import socket
import stat
from pathlib import Path

import pytest

from grader.core.errors import UsageError
from grader.core.files.atomic_files import append_durably
from grader.core.files.regular_files import open_regular, read_regular
from grader.course.library import open_library
from grader.grading.policy.overrides import read_override_table
from grader.grading.policy.policy_file import read_policy
from grader.grading.results.earlier_fixes import read_fixed_students
from grader.grading.results.earlier_scores import read_earlier_scores
from grader.grading.results.journal import Journal
from grader.grading.results.overrides.override_history import forget_history, read_history
from grader.grading.results.published_scores import read_published
from grader.grading.results.result_files import read_final_results, read_finals, read_results
from grader.grading.results.run_file import read_run
from grader.grading.verdicts.known_mistakes.outcome_file import OutcomeFile
from grader.reports.pages.page_hash import is_current
from grader.reports.pages.published_note import replace_note
from tests.fuzz.targets.results import results_folder
from tests.tools import COURSE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="named pipes")

READERS = {
    "run.json": [read_run, read_final_results],
    "results.jsonl": [read_results],
    "finals.jsonl": [read_finals, read_fixed_students],
    "grades.csv": [read_earlier_scores, read_final_results],
    "published.json": [read_published],
    "overrides.csv": [read_override_table],
    "overrides-history.jsonl": [
        read_history,
        lambda folder: forget_history(folder, {"ada"}, lambda _: False),
        lambda folder: append_durably(folder / "overrides-history.jsonl", b"{}\n"),
    ],
    "journal.sqlite": [
        lambda folder: Journal(folder / "journal.sqlite"),
        lambda folder: Journal(folder / "journal.sqlite", read_only=True),
    ],
    "journal.sqlite-wal": [
        lambda folder: Journal(folder / "journal.sqlite"),
        lambda folder: Journal(folder / "journal.sqlite", read_only=True),
    ],
    "mistake-outcomes.bin": [lambda folder: OutcomeFile(folder, {})],
    "grader.toml": [lambda folder: read_policy(folder / "grader.toml", open_library(COURSE).course)],
    "index.html": [lambda folder: replace_note(folder, [], "en"), lambda folder: is_current(folder / "index.html", "")],
}


@pytest.fixture(autouse=True)
def clock():
    """End a test that waits for the other end of a pipe."""
    signal.alarm(60)
    yield
    signal.alarm(0)


def link_to_zeros(path):
    path.symlink_to("/dev/zero")  # a file without an end


def put_socket(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(path))  # a socket has no room for a long path


@pytest.mark.parametrize("put", [os.mkfifo, link_to_zeros])
@pytest.mark.parametrize(("name", "read"), [(name, read) for name, reads in READERS.items() for read in reads])
def test_every_reader_of_a_results_folder_refuses_what_is_no_file(tmp_path, name, read, put):
    shutil.copytree(results_folder(), tmp_path, dirs_exist_ok=True)
    (tmp_path / name).unlink(missing_ok=True)
    put(tmp_path / name)
    with pytest.raises(UsageError, match=r"a pipe, a device or a socket, not a file\. Move it away") as refused:
        read(tmp_path)
    assert str(tmp_path / name) in str(refused.value) and "\n" not in str(refused.value)


def test_every_kind_of_special_file_is_refused_and_others_are_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    link_to_zeros(Path("zeros"))
    put_socket(Path("socket"))
    for name in ("pipe", "zeros", "socket", "/dev/null"):
        with pytest.raises(UsageError):
            read_regular(Path(name))
    Path("file").write_bytes(b"\r\n\x00")
    Path("link").symlink_to("file")
    assert [read_regular(Path(name)) for name in ("file", "link")] == [b"\r\n\x00"] * 2
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_regular(Path("nothing"))


def test_a_folder_in_place_of_a_file_leaves_no_open_descriptor(tmp_path):
    before = os.dup(0)  # the lowest free descriptor
    os.close(before)
    for _ in range(3):
        with pytest.raises(IsADirectoryError):
            open_regular(tmp_path)
    after = os.dup(0)
    os.close(after)
    assert after == before


def test_the_first_line_of_a_file_is_on_the_disk_with_its_name(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode)))
    append_durably(tmp_path / "lines", b"one\n")
    append_durably(tmp_path / "lines", b"two\n")
    assert synced == [False, True, False]
    assert (tmp_path / "lines").read_bytes() == b"one\ntwo\n"
