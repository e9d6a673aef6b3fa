"""The loop of `grader watch`: saves, keys and finished runs arrive as events; after each the page is shown anew.

Theory of operation
    Three threads put events into one queue: the watcher of files, the reader of keys, and the runner when a run is
    done. The main thread takes them one by one, so that nothing is shared. A save that arrives while something runs
    ends that run: its answer would be old.
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
from grader.core.outcomes import Raised, Refused
from grader.course.hints import LEVELS
from grader.execution.host.pool import JobResult
from grader.learner.hint_levels import Tip, tips
from grader.learner.next_step import broken
from grader.learner.progress import FunctionState, broken_files, changes
from grader.learner.progress_table import progress_line
from grader.learner.warm_worker import Runner
from grader.learner.watch.events import Drawn, Event, Finished, Pressed, Run, Saved, Watched
from grader.learner.watch.keys import key_reader
from grader.learner.watch.page import News, Screen, View, page
from grader.learner.workspace import Desk, no_start, require_torch

STEP = 20
"""Milliseconds without another change after which a save counts as whole: editors write in several steps."""

TICK = 250
"""Milliseconds after which the watcher of files looks whether it should end."""

ENDINGS = (".py", ".ipynb")


class Watching:
    """One session of `grader watch`."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._tr = desk, translator(desk.language)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._console = Console(highlight=False)
        self._whole = sys.stdout.isatty() and not self._console.is_dumb_terminal
        self._runner = Runner(desk.material.experiment_files)
        self._running: Run | None = None
        self._shown: list[FunctionState] = []
        self._news: News | None = None
        self._focus = ""
        self._levels: dict[str, int] = {}
        self._cursor: int | None = None
        self._warm = self._help = self._keys = False

    def run(self) -> None:
        """Watch until the learner quits. Raises GraderError when torch does not start."""
        require_torch()
        try:
            with ExitStack() as stack:
                stack.callback(self._stop.set)
                stack.callback(self._runner.close)
                self._open(stack)
                self._loop()
        except KeyboardInterrupt:
            pass  # Ctrl+C is how one leaves where there are no keys
        self._console.print(progress_line(self._shown, self._desk.language))

    def _open(self, stack: ExitStack) -> None:
        """Start what sends events, and show the first page before torch is loaded."""
        self._runner.started.add_done_callback(lambda f: self._events.put(Finished(None, _error(f))))
        self._begin(Saved((), time.monotonic()))
        reader = stack.enter_context(key_reader())
        self._keys = reader is not None
        if self._whole:
            stack.enter_context(self._console.screen(hide_cursor=True))
            earlier = signal.signal(signal.SIGTERM, signal.default_int_handler)  # the terminal is put back, too
            stack.callback(signal.signal, signal.SIGTERM, earlier)
            if hasattr(signal, "SIGWINCH"):
                before = signal.signal(signal.SIGWINCH, lambda *_: self._events.put(Drawn()))
                stack.callback(signal.signal, signal.SIGWINCH, before)
        self._thread(self._watch_files)
        if reader is not None:
            self._thread(lambda: self._read_keys(reader))

    def _thread(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, daemon=True).start()

    def _watch_files(self) -> None:
        from watchfiles import watch

        named = {str(path) for path in self._desk.named}
        folder = self._desk.material.folder

        def ours(change: object, path: str) -> bool:
            below = Path(path).relative_to(folder) if Path(path).is_relative_to(folder) else Path(Path(path).name)
            hidden = any(part.startswith((".", "__pycache__")) for part in below.parts)
            return path in named if named else path.endswith(ENDINGS) and not hidden

        changed = watch(
            *self._desk.folders,
            watch_filter=ours,
            step=STEP,
            rust_timeout=TICK,
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
        )
        watched = False
        for batch in changed:
            if not watched:
                watched = True
                self._events.put(Watched())
            if not batch:
                continue
            files = tuple(sorted({Path(path).name for _, path in batch}))
            self._events.put(Saved(files, time.monotonic() - STEP / 1000))

    def _read_keys(self, read: Callable[[], list[str]]) -> None:
        while not self._stop.is_set():
            for key in read():
                self._events.put(Pressed(key))

    def _loop(self) -> None:
        self._draw()
        while True:
            match self._events.get():
                case Saved() as save:
                    self._begin(save)
                case Watched():
                    if self._desk.changed:
                        self._begin(Saved((), time.monotonic()))
                case Finished() as finished:
                    self._end(finished)
                case Pressed(key):
                    if not self._press(key):
                        return
                case Drawn():
                    pass
            self._draw()

    # -- runs --------------------------------------------------------------------------------------------------

    def _begin(self, save: Saved) -> None:
        """Run what the save can have changed; what it changed without a run is news at once."""
        if self._running is not None:
            if not self._running.future.cancel():
                self._runner.interrupt()
            save = Saved((*self._running.save.files, *save.files), save.moment)
            self._running = None
        functions = tuple(self._desk.look())
        self._shown = self._shown or self._states()
        if not functions:
            self._settle(save, (), [])
            return
        future = self._runner.run(self._desk.standing.jobs(functions))
        run = self._running = Run(functions, self._desk.standing.own, save, future)
        future.add_done_callback(lambda f: self._events.put(Finished(run, _error(f))))

    def _end(self, finished: Finished) -> None:
        run = finished.run
        if run is None:
            self._warm = True
        if isinstance(finished.error, WorkerDiedError):
            raise no_start(finished.error)
        if run is None or run is not self._running:
            return  # a newer save has taken its place
        if finished.error is not None:
            raise finished.error
        self._running = None
        results = run.future.result()
        self._desk.enter(run.functions, run.own, results)
        self._settle(run.save, run.functions, results)

    def _settle(self, save: Saved, ran: Sequence[str], results: Sequence[JobResult]) -> None:
        """Compare with what was shown before; what is worked on gets the attention."""
        before = self._shown
        self._shown = self._states()
        found = changes(before, self._shown) if save.files else []
        output = "".join(result.output for result in results)
        self._news = News(tuple(dict.fromkeys(save.files)), found, time.monotonic() - save.moment, output)
        touched = [*ran, *(change.function for change in found)] if save.files else []
        at_work = [s.function for s in self._shown if s.function in touched and not s.passed and not s.place.stub]
        if any(state.function == self._focus and state.passed for state in self._shown) and save.files:
            self._focus = ""  # done: the next one's turn
        if at_work and self._focus not in at_work:
            self._focus = at_work[0]

    def _states(self) -> list[FunctionState]:
        """How the functions stand; those in a file that cannot be read as they stood before."""
        earlier = {state.function: state for state in self._shown}
        states = self._desk.standing.states()
        return [earlier.get(s.function, s) if isinstance(s.place.problem, Raised | Refused) else s for s in states]

    # -- keys --------------------------------------------------------------------------------------------------

    def _press(self, key: str) -> bool:
        """Do what a key asks for; False when it is to quit."""
        if key == "q":
            return False
        if self._help or key == "?":
            self._help = not self._help
        elif self._cursor is not None:
            self._choose(key, self._cursor)
        elif key == "l":
            focus = self._focused()
            self._cursor = self._shown.index(focus) if focus in self._shown else 0
        elif key == "n":
            self._next()
        elif key == "h":
            self._plainer()
        elif key == "r":
            self._desk.standing.kept.clear()
            self._begin(Saved((), time.monotonic()))
        return True

    def _choose(self, key: str, cursor: int) -> None:
        moves = {"up": -1, "down": 1}
        if key in moves:
            self._cursor = (cursor + moves[key]) % len(self._shown)
        elif key in ("enter", "l", "escape"):
            if key == "enter":
                self._focus = self._shown[cursor].function
            self._cursor = None

    def _next(self) -> None:
        names = [state.function for state in self._shown]
        focus = self._focused()
        start = names.index(focus.function) + 1 if focus else 0
        following = [state for state in (*self._shown[start:], *self._shown[:start]) if not state.passed]
        self._focus = following[0].function if following else ""

    def _plainer(self) -> None:
        if focus := self._focused():
            level = self._levels.get(focus.function, 0) + 1
            level += level == 1 and bool(focus.mistakes)  # the mistake's own hint is there already
            self._levels[focus.function] = level = min(level, len(LEVELS))
            self._desk.memory.gave(focus.function, level)

    # -- the page ----------------------------------------------------------------------------------------------

    def _focused(self) -> FunctionState | None:
        """The function that was chosen or worked on, else the first that is not finished."""
        names = {state.function: state for state in self._shown}
        return names.get(self._focus) or next((state for state in self._shown if not state.passed), None)

    def _draw(self) -> None:
        if not self._whole and (self._running or not self._warm):
            return  # a pipe gets what is known, not what is awaited
        view = self._view()
        if self._whole:
            self._console.update_screen(Screen(view))
        else:
            self._console.print(page(view), progress_line(self._shown, self._desk.language), "", sep="\n")

    def _view(self) -> View:
        focus = self._focused()
        unreadable = broken_files(self._desk.standing.states())
        problems: list[RenderableType] = []
        for file, problem in unreadable:
            problems += broken(file, problem, self._desk.language)
        told: list[Tip] = []
        if focus:
            golden = self._desk.material.golden_of(focus.function)
            told = list(tips(focus, golden, self._levels.get(focus.function, 0), self._desk.language))
        return View(
            folder=_near(self._desk.material.folder),
            states=self._shown,
            focus=focus,
            expected=self._desk.expected(focus.function) if focus else "",
            tips=told,
            news=self._news,
            busy=self._busy(),
            problems=problems,
            faults=self._desk.notes,
            keys=self._keys,
            help=self._help,
            cursor=self._cursor,
            language=self._desk.language,
        )

    def _busy(self) -> str:
        tr = self._tr
        if not self._warm:
            return tr("loading torch …")
        if self._running is None:
            return ""
        names = self._running.functions
        return tr("running {functions} …").format(functions=", ".join(names[:2]) + (" …" if names[2:] else ""))


def _near(folder: Path) -> str:
    return str(folder.relative_to(Path.cwd())) if folder.is_relative_to(Path.cwd()) else str(folder)


def _error(future: Future[None] | Future[list[JobResult]]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError:
        return None
