"""Run a batch as it was ordered: through the journal, so that a killed run goes on where it stopped."""

from __future__ import annotations

import secrets
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from grader.core.errors import UsageError
from grader.core.language import translator
from grader.core.submission import Submission
from grader.faces.results import read_run, versions, write_run
from grader.faces.terminal import PATIENCE, progress
from grader.judge.batch import Batch
from grader.judge.journal import Journal
from grader.judge.library import Library
from grader.judge.policy.settle import Attempt
from grader.judge.session import Session
from grader.run.pool import Pool, walled_pool
from grader.run.sandbox import AUTOMATIC
from grader.run.worker import Worker

if TYPE_CHECKING:
    from grader.run.cluster import ClusterPool


@dataclass(frozen=True)
class Order:
    """What is asked for: whose work, which functions, and how it is to be run.

    The submissions stand by student, the attempts of one student side by side. `early` are workers on standby;
    `handed_in` is kept in run.json.
    """

    submissions: list[Submission]
    functions: list[str]
    workers: int
    level: str
    time_limit: float
    memory_limit: int
    language: str
    dask: str = ""
    early: list[Worker] = field(default_factory=list)
    handed_in: dict[str, Any] = field(default_factory=dict)
    student_pages: bool = True


@dataclass(frozen=True)
class Done:
    """A class that was judged: the verdicts are in the journal. `run` is what run.json says so far."""

    submissions: list[Submission]
    run: dict[str, Any]
    journal: Journal
    batch: Batch

    def attempts(self) -> Iterator[Attempt]:
        """Every attempt with its verdicts, by student; one at a time is in memory. Raises JournalError."""
        return zip(self.batch.again(self.submissions), self.submissions, strict=True)

    @property
    def reused(self) -> int:
        """How many submissions needed no run."""
        return self.batch.reused


@contextmanager
def run_order(order: Order, library: Library, out: Path, seed: int | None, fresh: bool) -> Iterator[Done]:
    """Judge everybody; the run counts as finished when the body, which writes the results, has ended well."""
    with Journal(out / "journal.sqlite") as journal:
        earlier = read_run(out, "seed", "sandbox", "overrides")
        resumed = journal.begin(shlex.join(sys.argv[1:]), fresh)
        if seed is None:
            seed = _seed_of(fresh and not resumed, earlier)
        run = {"seed": seed, "versions": versions(), "functions": order.functions, "finished": None}
        run |= {"sandbox": earlier.get("sandbox"), "overrides": earlier.get("overrides", [])}
        write_run(out, run)
        if journal.upgraded:
            _say(_upgraded(out, same_seed=seed == earlier.get("seed"), tr=translator(order.language)))
        if resumed:
            _say(translator(order.language)("going on where an earlier run of this command stopped"))
        batch, level = _judge(order, library, journal, run)
        yield Done(order.submissions, run | {"sandbox": level}, journal, batch)
        journal.finish()


def _judge(order: Order, library: Library, journal: Journal, run: dict[str, Any]) -> tuple[Batch, str]:
    """Have the journal know everybody's verdicts; the batch that finds them there, and the level of the sandbox."""
    tr, screen, everybody = translator(order.language), Console(stderr=True), len(order.submissions)
    limits = [order.time_limit, order.memory_limit]
    settings = {"seed": run["seed"], "versions": run["versions"], "limits": limits}
    # What was judged without walls is found again only by who asks for none: nobody knows who wrote it.
    if run["sandbox"] in (AUTOMATIC if order.level == "auto" else (order.level,)):
        batch = Batch(library, journal, order.functions, settings | {"sandbox": run["sandbox"]}, order.language)
        if batch.unchanged(progress(screen, order.submissions, everybody, tr("reading"), patience=PATIENCE)):
            return batch, run["sandbox"]
    with _pool(order, library) as pool:
        level = pool.level
        _say(tr("sandbox: {level}").format(level=level))
        if not level.holds:
            _say(tr("[bold red]warning:[/] student code may reach your files and your network"))
        session = Session(library, pool, run["seed"], order.functions, order.time_limit, order.language)
        batch = Batch(library, journal, order.functions, settings | {"sandbox": level.value}, order.language)
        verdicts = batch.grade(order.submissions, session, pool.jobs)
        for _ in progress(screen, verdicts, everybody, tr("grading"), counts=lambda judged: not judged.known):
            pass
        return batch, level.value


def _pool(order: Order, library: Library) -> Pool | ClusterPool:
    """Workers of this machine, or of the cluster that was named."""
    files, limits = library.experiment_files, (order.memory_limit, order.time_limit)
    if not order.dask:
        return walled_pool(files, min(order.workers, len(order.submissions)), order.level, *limits, order.early)
    try:
        from grader.run.cluster import ClusterPool, Equipment
    except ModuleNotFoundError as error:
        raise UsageError(
            "--dask needs Dask ({error}): {cure}", error=error, cure="pip install 'autograded[cluster]'"
        ) from None
    return ClusterPool(order.dask, Equipment(files, order.level, *limits))


def _upgraded(out: Path, same_seed: bool, tr: Callable[[str], str]) -> str:
    """That the verdicts of an earlier release were dropped."""
    if same_seed:
        text = tr("{folder} was written by release 0.1: every submission is graded again, with the same seed.")
    else:
        text = tr("{folder} was written by release 0.1: every submission is graded again.")
    return escape(text.format(folder=out))


def _say(text: str) -> None:
    """A line beside the results, on standard error."""
    Console(stderr=True, highlight=False).print(text)


def _seed_of(fresh: bool, earlier: dict[str, Any]) -> int:
    """The seed of this folder: drawn once, kept until --seed or --fresh."""
    kept = earlier.get("seed")
    return kept if isinstance(kept, int) and not fresh else secrets.randbelow(2**31)
