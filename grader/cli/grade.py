"""`grader grade`: a folder of submissions in, results out."""

from __future__ import annotations

import secrets
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import (
    CourseOption,
    JobsOption,
    LangOption,
    MemoryOption,
    OnlyOption,
    SandboxOption,
    TimeOption,
    course_near,
    sandbox_level,
    selected,
    worker_count,
)

if TYPE_CHECKING:
    from grader.core.submission import Submission
    from grader.judge.journal import Journal, Judged
    from grader.judge.library import Library


@app.command()
def grade(
    submissions: Annotated[
        Path, typer.Argument(help="A folder (or zip) with one folder, one .py file or one notebook per student.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the results go.")],
    course: CourseOption = None,
    only: OnlyOption = None,
    jobs: JobsOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the inputs. Default: drawn once per --out.")] = None,
    time_limit: TimeOption = 5.0,
    memory_limit: MemoryOption = 1536,
    sandbox: SandboxOption = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="Draw a new seed and grade everything anew.")] = False,
    lang: LangOption = None,
) -> None:
    """Grade a class: exit code 0 when every submission was judged, 1 when some need a human."""
    from grader.core.language import choose_language, translator
    from grader.faces.pages import write_pages
    from grader.faces.results import read_run, versions, write_results, write_run
    from grader.faces.terminal import summary
    from grader.judge.journal import Journal
    from grader.judge.library import open_library

    language, started = choose_language(lang), time.monotonic()
    tr, console = translator(language), Console(highlight=False)
    library = open_library(course_near(course, submissions))
    order = _Order(
        submissions=_read(submissions, {shelf.file for shelf in library.shelves.values()}),
        functions=selected(library.course, only),
        workers=worker_count(jobs),
        level=sandbox_level(sandbox),
        time_limit=time_limit,
        memory_limit=memory_limit,
        language=language,
    )
    with Journal(out / "journal.sqlite") as journal:
        earlier = read_run(out)
        resumed = journal.begin(shlex.join(sys.argv[1:]), fresh)
        if seed is None:
            seed = _seed_of(fresh and not resumed, earlier)
        run = {"seed": seed, "versions": versions(), "functions": order.functions, "finished": None}
        run["sandbox"] = earlier.get("sandbox")
        write_run(out, run)
        if resumed:
            _say(tr("going on where an earlier run of this command stopped"))
        judged, reused, level = _judge(order, library, journal, run)
        write_results(out, judged, order.functions)
        run |= _facts(judged, seed, time.monotonic() - started) | {"sandbox": level}
        write_pages(out, judged, library, run, language)
        write_run(out, run)
        journal.finish()
    for part in summary(judged, library, language):
        console.print(part)
    console.print(
        tr("\n{students} students, {functions} functions in {seconds:.1f} s (seed {seed}). Results: {out}").format(
            students=len(judged), functions=len(order.functions), seconds=run["seconds"], seed=seed, out=out
        ),
        markup=False,
    )
    if reused:
        console.print(tr("unchanged since an earlier run: {reused}").format(reused=reused))
    if any(student.human for student in judged):
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Order:
    """What is asked for: whose work, which functions, and how it is to be run."""

    submissions: list[Submission]
    functions: list[str]
    workers: int
    level: str
    time_limit: float
    memory_limit: int
    language: str


def _judge(order: _Order, library: Library, journal: Journal, run: dict[str, Any]) -> tuple[list[Judged], int, str]:
    """Everybody's verdicts, how many of them were known before, and the level of the sandbox."""
    from grader.core.language import translator
    from grader.faces.terminal import progress
    from grader.judge.batch import Batch
    from grader.judge.session import Session
    from grader.run.pool import walled_pool

    tr = translator(order.language)
    limits = [order.time_limit, order.memory_limit]
    settings = {"seed": run["seed"], "versions": run["versions"], "limits": limits, "language": order.language}
    if run["sandbox"] and order.level in ("auto", run["sandbox"]):
        batch = Batch(library, journal, order.functions, settings | {"sandbox": run["sandbox"]})
        if (known := batch.unchanged(order.submissions)) is not None:
            return known, batch.reused, run["sandbox"]
    workers = min(order.workers, len(order.submissions))
    with walled_pool(library.experiment_files, workers, order.level, order.memory_limit, order.time_limit) as pool:
        level = pool.level
        _say(tr("sandbox: {level}").format(level=level))
        if not level.holds:
            _say(tr("[bold red]warning:[/] student code may reach your files and your network"))
        session = Session(library, pool, run["seed"], order.functions, order.time_limit, order.language)
        batch = Batch(library, journal, order.functions, settings | {"sandbox": level.value})
        verdicts = batch.grade(order.submissions, session, workers)
        screen, everybody = Console(stderr=True), len(order.submissions)
        return list(progress(screen, verdicts, everybody, tr("grading"))), batch.reused, level.value


def _read(path: Path, stubs: set[str]) -> list[Submission]:
    """The submissions in a folder or an archive. Raises UsageError."""
    from grader.faces.archives import read_archive
    from grader.faces.folders import read_folder

    return read_archive(path, stubs) if path.is_file() and path.suffix.lower() == ".zip" else read_folder(path, stubs)


def _say(text: str) -> None:
    """A line beside the results, on standard error."""
    Console(stderr=True, highlight=False).print(text)


def _facts(judged: Sequence[Judged], seed: int, seconds: float) -> dict[str, Any]:
    """What run.json says at the end of a run."""
    from grader.faces.results import outcome_counts

    return {
        "students": len(judged),
        "outcomes": outcome_counts([record for student in judged for record in student.records]),
        "need_a_human": sum(bool(student.human) for student in judged),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "reproduce": _command(seed),
    }


def _seed_of(fresh: bool, earlier: dict[str, Any]) -> int:
    """The seed of this folder: drawn once, kept until --seed or --fresh."""
    kept = earlier.get("seed")
    return kept if isinstance(kept, int) and not fresh else secrets.randbelow(2**31)


def _command(seed: int) -> str:
    """The same run again."""
    given = [argument for argument in sys.argv[1:] if argument != "--fresh"]
    return shlex.join(["grader", *given, *([] if "--seed" in given else ["--seed", str(seed)])])
