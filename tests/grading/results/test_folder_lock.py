"""The lock of a results folder: who may write, who is named, and what a dead or a forked process leaves."""

import fcntl
import os
import socket
import subprocess
import sys
import threading

import msgspec
import pytest

from grader.core.errors import UsageError
from grader.grading.results import folder_lock
from grader.grading.results.folder_lock import LOCK_FILE, FolderInUseError, Holder, find_holder, lock_folder
from grader.grading.results.overrides.override_history import HISTORY, How, append_changes, new_change
from tests.tools import ROOT, command, environment, grader_in_process

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and locks with flock")

ELSEWHERE = Holder(12, "elsewhere", "grader grade", "2026-11-30T10:15:00+00:00", whole_run=True)
COUNT = """
import sys
from pathlib import Path
from grader.grading.results.folder_lock import lock_folder
folder = Path(sys.argv[1])
for _ in range(40):
    with lock_folder(folder):
        number = int((folder / "number").read_text())
        (folder / "number").write_text(str(number + 1))
"""


def record(folder, holder):
    (folder / LOCK_FILE).write_bytes(msgspec.json.encode(holder))


@pytest.fixture
def locked_by_other(tmp_path):
    """The open file of a lock that somebody else holds: another open file, as of another process."""
    with (tmp_path / LOCK_FILE).open("w+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def test_writers_take_turns_although_each_removes_the_file_of_its_lock(tmp_path):
    (tmp_path / "number").write_text("0")
    line = [sys.executable, "-c", COUNT, str(tmp_path)]
    writers = [subprocess.Popen(line, cwd=ROOT, env=environment()) for _ in range(4)]
    assert [writer.wait(100) for writer in writers] == [0] * 4
    assert (tmp_path / "number").read_text() == "160"
    assert [path.name for path in tmp_path.iterdir()] == ["number"]


def test_the_thread_that_holds_the_lock_may_take_it_again_and_another_thread_is_refused(tmp_path):
    refused = []

    def take():
        try:
            with lock_folder(tmp_path):
                pass
        except FolderInUseError as error:
            refused.append(str(error))

    with lock_folder(tmp_path, "grader grade", whole_run=True):
        with lock_folder(tmp_path / "."):
            pass
        assert (tmp_path / LOCK_FILE).exists()  # the inner block releases nothing
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
    assert len(refused) == 1 and f"grader grade is writing into this folder (process {os.getpid()}" in refused[0]
    assert not (tmp_path / LOCK_FILE).exists()


def test_a_process_on_another_host_that_holds_the_lock_is_named(tmp_path, locked_by_other):
    record(tmp_path, ELSEWHERE)
    with (
        pytest.raises(FolderInUseError, match="cannot be seen from here: look on elsewhere") as refused,
        lock_folder(tmp_path),
    ):
        pass
    assert "on the computer elsewhere (process 12, since 2026-11-30" in str(refused.value)
    assert find_holder(tmp_path) == ELSEWHERE


def test_a_lock_that_a_host_did_not_release_is_taken_and_warned_of(tmp_path):
    (tmp_path / "results.jsonl").touch()
    record(tmp_path, ELSEWHERE)
    with lock_folder(tmp_path) as left_by:
        assert left_by == ELSEWHERE
    with lock_folder(tmp_path) as left_by:
        assert left_by is None
    record(tmp_path, ELSEWHERE)
    done = grader_in_process("regrade", tmp_path, cwd=tmp_path)
    assert "grader grade (process 12 on the computer elsewhere, since 2026-11-30" in done.stdout
    assert "has not released the lock" in done.stdout


def test_a_dead_process_of_this_host_does_not_keep_the_lock_and_is_not_named(tmp_path, monkeypatch, locked_by_other):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    record(tmp_path, Holder(gone.pid, socket.gethostname(), "grader grade", ELSEWHERE.since, whole_run=True))
    waits = []
    monkeypatch.setattr(folder_lock.time, "sleep", lambda seconds: (waits.append(seconds), locked_by_other.close()))
    with lock_folder(tmp_path) as left_by:  # the new holder has not written its record yet: wait for it
        assert left_by is None
    assert len(waits) == 1


@pytest.mark.parametrize("damaged", [b"", b"{", b"[]", b'{"process": "x"}', b"\xff" * 9000])
def test_a_lock_whose_record_cannot_be_read_is_still_a_lock(tmp_path, monkeypatch, locked_by_other, damaged):
    monkeypatch.setattr(folder_lock, "SHORT_WAIT", 0.0)
    (tmp_path / LOCK_FILE).write_bytes(damaged)
    with pytest.raises(FolderInUseError, match="another process is writing into this folder"), lock_folder(tmp_path):
        pass


def test_the_lock_ends_with_its_process_although_a_forked_child_lives_on(tmp_path):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom grader.grading.results.folder_lock import lock_folder\n"
        "with lock_folder(Path(sys.argv[1]), whole_run=True):\n"
        "    read, write = os.pipe()\n"
        "    if os.fork() == 0:\n"
        "        os.close(write)\n"
        "        os.read(read, 1)\n"  # the end of the parent
        "        print(sys.stdin.read(), flush=True)\n"
        "        sys.exit(3)\n"  # leaves the block, and must not remove the lock of another process
        "    os._exit(0)\n"
    )
    line = [sys.executable, "-c", code, str(tmp_path)]
    parent = subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
    parent.wait(100)
    with lock_folder(tmp_path):
        parent.stdin.write(b"go on")
        parent.stdin.close()
        assert parent.stdout.read() == b"go on\n"  # until the child has ended
        assert (tmp_path / LOCK_FILE).exists()


def test_a_killed_process_leaves_a_file_that_locks_nothing(tmp_path):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom grader.grading.results.folder_lock import lock_folder\n"
        "with lock_folder(Path(sys.argv[1]), whole_run=True):\n    os._exit(0)"
    )
    assert command("-c", code, tmp_path, cwd=ROOT).returncode == 0
    assert (tmp_path / LOCK_FILE).exists() and find_holder(tmp_path) is None
    with lock_folder(tmp_path):
        assert find_holder(tmp_path) is None  # this process is no other


def test_an_empty_folder_that_the_lock_created_is_removed_again(tmp_path):
    with lock_folder(tmp_path / "a/b", make_folder=True):
        assert (tmp_path / "a/b" / LOCK_FILE).exists()
    assert not (tmp_path / "a").exists()
    with lock_folder(tmp_path / "a/b", make_folder=True):
        (tmp_path / "a/b/file").touch()
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["file"]
    with lock_folder(tmp_path / "missing"):
        assert not (tmp_path / "missing").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"Cannot write .*file"), lock_folder(tmp_path / "file/out", make_folder=True):
        pass


def test_a_hard_link_in_place_of_the_lock_does_not_change_the_linked_file(tmp_path):
    other, folder = tmp_path / "other", tmp_path / "results"
    other.write_text("a file of this person\n")
    folder.mkdir()
    (folder / LOCK_FILE).hardlink_to(other)
    with lock_folder(folder):
        assert find_holder(folder) is None
    assert other.read_text() == "a file of this person\n"
    assert not (folder / LOCK_FILE).exists()


def test_a_named_pipe_in_place_of_the_lock_stops_no_writer(tmp_path, monkeypatch):
    opened = os.open

    def refuse_to_write(path, flags, *mode, **more):
        """Open a file as a user without write permission; the tests may run as root, who has every permission."""
        if flags & os.O_RDWR:
            raise PermissionError(path)
        return opened(path, flags, *mode, **more)

    os.mkfifo(tmp_path / LOCK_FILE, 0o444)
    monkeypatch.setattr(os, "open", refuse_to_write)
    with lock_folder(tmp_path):
        assert find_holder(tmp_path) is None


def test_a_link_in_place_of_a_file_is_not_followed_on_writing(tmp_path):
    other, folder = tmp_path / "other", tmp_path / "results"
    other.write_text("a file of this person\n")
    folder.mkdir()
    for name in (LOCK_FILE, HISTORY):
        (folder / name).symlink_to(other)
    with pytest.raises(UsageError, match=r"\.lock"), lock_folder(folder):
        pass
    assert find_holder(folder) is None
    with pytest.raises(UsageError, match="history"):
        append_changes(folder, [new_change("ada", "f", None, None, How.COMMAND)])
    assert other.read_text() == "a file of this person\n"
