"""Event loop of `grader watch`: it handles saves, keys and ends of runs, and draws the page after each event.

Theory of operation
    Three threads put events into one queue: the file watcher (`learner.watch.file_watcher`), the reader of keys
    (`learner.watch.key_reader`), and the worker's thread at the end of a run (`learner.warm_worker`). Only the main
    thread reads the queue and changes the state, so no lock is needed. A save during a run interrupts the run, because
    the run would give results about old files.
"""

from __future__ import annotations

import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console, RenderableType

from grader.core.errors import WorkerDiedError
from grader.core.language import translator
from grader.core.outcomes import Raised, Unreadable
from grader.course.hints import LEVELS
from grader.execution.host.job_run import JobResult
from grader.learner.hint_selection import Hint, select_hints
from grader.learner.progress import FunctionState, find_changes, unreadable_files
from grader.learner.progress_table import progress_line
from grader.learner.step_rendering import render_unreadable_file
from grader.learner.warm_worker import BackgroundRunner
from grader.learner.watch.events import CheckRun, Event, KeyPress, Resize, RunEnd, Save, WatcherStart
from grader.learner.watch.file_watcher import watch_files
from grader.learner.watch.key_reader import key_reader
from grader.learner.watch.page import SaveResult, Screen, View, render_page
from grader.learner.workspace import Workspace, next_state, require_torch, torch_start_error

WATCHER_END_LIMIT = 2.0
"""Maximum number of seconds that quitting waits for the file watcher; the watcher notices the end within TICK."""


class WatchSession:
    """State and event loop of one `grader watch`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._tr = workspace, translator(workspace.language)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None
        self._console = Console(highlight=False)
        self._full_screen = sys.stdout.isatty() and not self._console.is_dumb_terminal
        self._runner = BackgroundRunner(workspace.exercise_folder.experiment_files)
        self._current_run: CheckRun | None = None
        self._states: list[FunctionState] = []
        self._result: SaveResult | None = None
        self._focus = ""
        self._hint_levels: dict[str, tuple[tuple[str, ...], int]] = {}
        self._cursor: int | None = None
        self._warm = self._help = self._keys = False

    def run(self) -> None:
        """Watch until the learner quits. Raises GraderError if torch does not start."""
        require_torch()
        try:
            with ExitStack() as stack:
                stack.callback(self._stop_watcher)
                stack.callback(self._runner.close)
                self._start_threads(stack)
                self._loop()
        except KeyboardInterrupt:
            pass  # Ctrl+C quits, too: without a terminal, there is no key that quits
        self._console.print(progress_line(self._states, self._workspace.language))

    def _start_threads(self, stack: ExitStack) -> None:
        """Start the threads that send events, and the first run. The page does not wait for torch to load."""
        self._runner.started.add_done_callback(lambda f: self._events.put(RunEnd(None, _error(f))))
        self._start_run(Save((), time.monotonic()))
        reader = stack.enter_context(key_reader())
        self._keys = reader is not None
        if self._full_screen:
            stack.enter_context(self._console.screen(hide_cursor=True))
            # SIGTERM raises KeyboardInterrupt, so that leaving this block restores the terminal.
            earlier = signal.signal(signal.SIGTERM, signal.default_int_handler)
            stack.callback(signal.signal, signal.SIGTERM, earlier)
            if hasattr(signal, "SIGWINCH"):
                before = signal.signal(signal.SIGWINCH, lambda *_: self._events.put(Resize()))
                stack.callback(signal.signal, signal.SIGWINCH, before)
        self._watcher = self._thread(lambda: watch_files(self._workspace, self._events.put, self._stop))
        if reader is not None:
            self._thread(lambda: self._read_keys(reader))

    def _thread(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def _stop_watcher(self) -> None:
        """End the file watcher: watchfiles 0.24 crashes if Python exits while a thread is in its Rust code."""
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join(WATCHER_END_LIMIT)

    def _read_keys(self, read: Callable[[], list[str]]) -> None:
        while not self._stop.is_set():
            for key in read():
                self._events.put(KeyPress(key))

    def _loop(self) -> None:
        self._draw()
        while True:
            match self._events.get():
                case Save() as save:
                    self._start_run(save)
                case WatcherStart():
                    if self._workspace.changed:
                        self._start_run(Save((), time.monotonic()))
                case RunEnd() as run_end:
                    self._finish_run(run_end)
                case KeyPress(key):
                    if not self._press(key):
                        return
                case Resize():
                    pass
            self._draw()

    # -- runs --------------------------------------------------------------------------------------------------

    def _start_run(self, save: Save) -> None:
        """Run the checks that the save may affect. If no check must run, show the result of the save at once."""
        if self._current_run is not None:
            if not self._current_run.future.cancel():
                self._runner.interrupt()
            save = Save((*self._current_run.save.files, *save.files), save.moment)
            self._current_run = None
        functions = tuple(self._workspace.functions_to_run())
        self._states = self._states or self._read_states()
        if not functions:
            self._show_result(save, (), [])
            return
        future = self._runner.run(self._workspace.progress.jobs_for(functions))
        run = self._current_run = CheckRun(functions, self._workspace.progress.files, save, future)
        future.add_done_callback(lambda f: self._events.put(RunEnd(run, _error(f))))

    def _finish_run(self, run_end: RunEnd) -> None:
        run = run_end.run
        if run is None:
            self._warm = True
        if isinstance(run_end.error, WorkerDiedError):
            raise torch_start_error(run_end.error)
        if run is None or run is not self._current_run:
            return  # a newer save has replaced this run
        if run_end.error is not None:
            raise run_end.error
        self._current_run = None
        results = run.future.result()
        self._workspace.record_results(run.functions, run.files, results)
        self._show_result(run.save, run.functions, results)

    def _show_result(self, save: Save, ran: Sequence[str], results: Sequence[JobResult]) -> None:
        """Show the changes since the states shown before, and focus on the function that the learner works on."""
        before = self._states
        self._states = self._read_states()
        found = find_changes(before, self._states) if save.files else []
        output = "".join(result.output for result in results)
        self._result = SaveResult(tuple(dict.fromkeys(save.files)), found, time.monotonic() - save.moment, output)
        affected = [*ran, *(change.function for change in found)] if save.files else []
        unfinished = [
            s.function for s in self._states if s.function in affected and not s.passed and not s.location.stub
        ]
        if any(state.function == self._focus and state.passed for state in self._states) and save.files:
            self._focus = ""  # this function is finished: focus on the next one
        if unfinished and self._focus not in unfinished:
            self._focus = unfinished[0]

    def _read_states(self) -> list[FunctionState]:
        """Return the state of each function; for a function in an unreadable file, the last known state."""
        earlier = {state.function: state for state in self._states}
        states = self._workspace.progress.states()
        return [
            earlier.get(s.function, s) if isinstance(s.location.problem, Raised | Unreadable) else s for s in states
        ]

    # -- keys --------------------------------------------------------------------------------------------------

    def _press(self, key: str) -> bool:
        """Handle a key. Return False to quit."""
        if key == "q":
            return False
        if self._help or key == "?":
            self._help = not self._help
        elif self._cursor is not None:
            self._move_cursor(key, self._cursor)
        elif key == "l":
            focus = self._focused()
            self._cursor = self._states.index(focus) if focus in self._states else 0
        elif key == "n":
            self._focus_next()
        elif key == "h":
            self._show_next_hint()
        elif key == "r":
            self._workspace.progress.stored.clear()
            self._start_run(Save((), time.monotonic()))
        return True

    def _move_cursor(self, key: str, cursor: int) -> None:
        moves = {"up": -1, "down": 1}
        if key in moves:
            self._cursor = (cursor + moves[key]) % len(self._states)
        elif key in ("enter", "l", "escape"):
            if key == "enter":
                self._focus = self._states[cursor].function
            self._cursor = None

    def _focus_next(self) -> None:
        names = [state.function for state in self._states]
        focus = self._focused()
        start = names.index(focus.function) + 1 if focus else 0
        following = [state for state in (*self._states[start:], *self._states[:start]) if not state.passed]
        self._focus = following[0].function if following else ""

    def _show_next_hint(self) -> None:
        if focus := self._focused():
            level = min(self._hint_level(focus) + 1, len(LEVELS))
            self._hint_levels[focus.function] = focus.mistakes, level
            self._workspace.state_folder.save_hint_level(focus.function, focus.mistakes, level)

    def _hint_level(self, state: FunctionState) -> int:
        """Return the level of the hints shown on a function: 0 again when the recognized mistakes have changed."""
        mistakes, level = self._hint_levels.get(state.function, ((), 0))
        return level if mistakes == state.mistakes else 0

    # -- the page ----------------------------------------------------------------------------------------------

    def _focused(self) -> FunctionState | None:
        """Return the function in focus, else the next step; None if all functions are finished."""
        names = {state.function: state for state in self._states}
        return names.get(self._focus) or next_state(self._states)

    def _draw(self) -> None:
        if not self._full_screen and (self._current_run or not self._warm):
            return  # in a pipe, print a page only when its results are complete
        view = self._view()
        if self._full_screen:
            self._console.update_screen(Screen(view))
        else:
            self._console.print(render_page(view), progress_line(self._states, self._workspace.language), "", sep="\n")

    def _view(self) -> View:
        focus = self._focused()
        unreadable = unreadable_files(self._workspace.progress.states())
        problems: list[RenderableType] = []
        for file, problem in unreadable:
            problems += render_unreadable_file(file, problem, self._workspace.language)
        hints: list[Hint] = []
        if focus:
            golden = self._workspace.exercise_folder.golden_of(focus.function)
            hints = list(select_hints(focus, golden, self._hint_level(focus), self._workspace.language))
        return View(
            folder=_relative(self._workspace.exercise_folder.path),
            states=self._states,
            focus=focus,
            expected=self._workspace.expected_signature(focus.function) if focus else "",
            hints=hints,
            result=self._result,
            busy=self._busy(),
            problems=problems,
            warnings=self._workspace.warnings,
            keys=self._keys,
            help=self._help,
            cursor=self._cursor,
            language=self._workspace.language,
        )

    def _busy(self) -> str:
        tr = self._tr
        if not self._warm:
            return tr("loading torch …")
        if self._current_run is None:
            return ""
        names = self._current_run.functions
        return tr("running {functions} …").format(functions=", ".join(names[:2]) + (" …" if names[2:] else ""))


def _relative(folder: Path) -> str:
    return str(folder.relative_to(Path.cwd())) if folder.is_relative_to(Path.cwd()) else str(folder)


def _error(future: Future[None] | Future[list[JobResult]]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError:
        return None
