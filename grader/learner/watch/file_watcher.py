"""File watcher of `grader watch`: it reports the learner's saves to the event loop.

Theory of operation
    The package watchfiles gets changes from the operating system and collects the changes of one save.
    `learner.watch.loop` runs `watch_files` in a separate thread. A change before `WatcherStart` may be lost, so the
    loop reads the files again when it gets this event.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from grader.learner.watch.events import Event, Save, WatcherStart
from grader.learner.workspace import Workspace

STEP = 20
"""Milliseconds without a change after which a save is complete: editors save in several steps."""

TICK = 250
"""Milliseconds that the watcher waits before it checks whether to stop."""

ENDINGS = (".py", ".ipynb")
"""Endings of the files that learners write."""


def watch_files(workspace: Workspace, send: Callable[[Event], None], stop: threading.Event) -> None:
    """Send `WatcherStart` when the watcher runs, then a `Save` for each save, until `stop` is set.

    A `Save` names Python files and notebooks outside hidden folders, or only the files that the learner selected. If
    the operating system allows no more watches, as on a server with many users, the files are polled instead.
    """
    for polling in (False, True):
        try:
            _send_saves(workspace, send, stop, polling)
            return
        except (OSError, RuntimeError):  # watchfiles raises RuntimeError, too, such as "Too many open files"
            if polling:
                raise


def _send_saves(workspace: Workspace, send: Callable[[Event], None], stop: threading.Event, polling: bool) -> None:
    from watchfiles import watch

    selected = {str(path) for path in workspace.selected_files}
    folder = workspace.exercise_folder.path

    def concerns_learner(change: object, path: str) -> bool:
        below = Path(path).relative_to(folder) if Path(path).is_relative_to(folder) else Path(Path(path).name)
        hidden = any(part.startswith((".", "__pycache__")) for part in below.parts)
        return path in selected if selected else path.endswith(ENDINGS) and not hidden

    changed = watch(
        *workspace.watched_folders,
        watch_filter=concerns_learner,
        step=STEP,
        rust_timeout=TICK,
        yield_on_timeout=True,
        stop_event=stop,
        raise_interrupt=False,
        force_polling=polling or None,
    )
    started = False
    for batch in changed:
        if not started:
            started = True
            send(WatcherStart())
        if not batch:
            continue
        files = tuple(sorted({Path(path).name for _, path in batch}))
        send(Save(files, time.monotonic() - STEP / 1000))
