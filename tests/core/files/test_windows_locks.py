"""Locks of files on Windows: `msvcrt` of Windows is replaced by one that keeps a list of locked bytes."""

import os
import sys
from types import SimpleNamespace

import pytest

from grader.core.files.file_locks import LOCKED_BYTE, try_to_lock, unlock


@pytest.fixture
def windows(monkeypatch):
    """Windows: it locks one byte at the current position for one open file; another one gets PermissionError."""
    locked = {}

    def locking(descriptor, mode, number):
        place = (os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR))
        assert number == 1
        if mode == "lock" and locked.setdefault(place, descriptor) != descriptor:
            raise PermissionError(13, "Permission denied")
        if mode == "unlock":
            del locked[place]

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK="lock", LK_UNLCK="unlock"))
    return locked


def test_a_second_open_file_is_refused_until_the_first_is_unlocked(tmp_path, windows):
    (tmp_path / "lock").write_bytes(b"who holds it")
    with (tmp_path / "lock").open("r+b", 0) as one, (tmp_path / "lock").open("r+b", 0) as other:
        assert try_to_lock(one.fileno())
        assert not try_to_lock(other.fileno())
        assert [place for _, place in windows] == [LOCKED_BYTE]  # behind the record, which others may read
        unlock(one.fileno())
        assert try_to_lock(other.fileno())
