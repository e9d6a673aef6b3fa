"""The file watcher of `grader watch` where the operating system allows no more watches."""

import threading
from types import SimpleNamespace

import pytest
import watchfiles

from grader.learner.watch.events import Save, WatcherStart
from grader.learner.watch.file_watcher import watch_files


@pytest.mark.parametrize("error", [OSError("OS file watch limit reached"), RuntimeError("Too many open files")])
def test_files_are_polled_if_the_system_allows_no_more_watches(tmp_path, monkeypatch, error):
    def watch(*_folders, force_polling=None, **_options):
        if not force_polling:
            raise error
        yield set()
        yield {(1, str(tmp_path / "ex1_small.py"))}

    monkeypatch.setattr(watchfiles, "watch", watch)
    folder = SimpleNamespace(path=tmp_path)
    workspace = SimpleNamespace(selected_files=[], exercise_folder=folder, watched_folders=[tmp_path])
    events = []
    watch_files(workspace, events.append, threading.Event())
    start, save = events
    assert isinstance(start, WatcherStart)
    assert isinstance(save, Save) and save.files == ("ex1_small.py",)


def test_a_folder_that_does_not_exist_is_an_error(tmp_path):
    path = tmp_path / "gone"
    workspace = SimpleNamespace(selected_files=[], exercise_folder=SimpleNamespace(path=path), watched_folders=[path])
    with pytest.raises(FileNotFoundError):
        watch_files(workspace, print, threading.Event())
