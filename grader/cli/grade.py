"""`grader grade`: a folder of submissions in, results out."""

from __future__ import annotations

import secrets
import shlex
import sys
import time
from collections.abc import Sequence
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
    from grader.judge.journal import Judged


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="A folder with one folder or one .py file per student.")],
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
    from grader.faces.folders import read_folder
    from grader.faces.results import read_run, versions, write_results, write_run
    from grader.faces.terminal import progress, summary
    from grader.judge.batch import Batch
    from grader.judge.journal import Journal
    from grader.judge.library import open_library
    from grader.judge.session import Session
    from grader.run.pool import walled_pool

    language, started = choose_language(lang), time.monotonic()
    tr, console, errors = translator(language), Console(highlight=False), Console(stderr=True, highlight=False)
    library = open_library(course_near(course, submissions))
    functions = selected(library.course, only)
    found = read_folder(submissions, {shelf.file for shelf in library.shelves.values()})
    seed = seed if seed is not None else _seed_of(fresh, read_run(out))
    level, workers = sandbox_level(sandbox), min(worker_count(jobs), len(found))
    run: dict[str, Any] = {"seed": seed, "versions": versions(), "functions": functions, "finished": None}
    settings = {"seed": seed, "versions": run["versions"], "limits": [time_limit, memory_limit], "language": language}
    with Journal(out / "journal.sqlite") as journal:
        write_run(out, run)
        resumed = journal.begin(shlex.join(sys.argv[1:]) if not fresh else f"fresh {seed}")
        if resumed:
            errors.print(tr("going on where an earlier run of this command stopped"))
        with walled_pool(library.experiment_files, workers, level, memory_limit, time_limit) as pool:
            errors.print(tr("sandbox: {level}").format(level=pool.level))
            if not pool.level.holds:
                errors.print(tr("[bold red]warning:[/] student code can reach your files and your network"))
            run["sandbox"] = settings["sandbox"] = pool.level.value
            session = Session(library, pool, seed, functions, time_limit, language)
            batch = Batch(library, session, journal, functions, settings)
            judged = list(progress(errors, batch.grade(found, workers), len(found), tr("grading")))
        write_results(out, judged, functions)
        write_run(out, run | _facts(judged, submissions, out, seed, time.monotonic() - started))
        journal.finish()
    for part in summary(judged, library, language):
        console.print(part)
    console.print(
        tr("\n{students} students, {functions} functions in {seconds:.1f} s (seed {seed}). Results: {out}").format(
            students=len(judged), functions=len(functions), seconds=time.monotonic() - started, seed=seed, out=out
        ),
        markup=False,
    )
    if batch.reused:
        console.print(tr("{reused} of them unchanged since an earlier run").format(reused=batch.reused))
    if any(student.human for student in judged):
        raise typer.Exit(1)


def _facts(judged: Sequence[Judged], submissions: Path, out: Path, seed: int, seconds: float) -> dict[str, Any]:
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
