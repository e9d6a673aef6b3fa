"""A package that torch imports may search for a library: in a sandbox the search finds nothing, and raises nothing."""

import ctypes.util
import tempfile

from grader.execution.guest.library_search import allow_import_without_temporary_files


def test_a_search_that_cannot_write_finds_nothing(monkeypatch):
    def search(name):
        if name == "c":
            return "libc.so.6"
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(ctypes.util, "find_library", search)
    monkeypatch.setattr(tempfile, "tempdir", None)
    allow_import_without_temporary_files()
    assert ctypes.util.find_library("dl") is None
    assert ctypes.util.find_library("c") == "libc.so.6"
