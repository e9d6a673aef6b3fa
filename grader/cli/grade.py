"""`grader grade`: a folder of submissions in, results out."""

from __future__ import annotations

import secrets
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, JobsOption, LangOption, OnlyOption, course_root, selected, worker_count


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="A folder with one folder or one .py file per student.")],
    out: Annotated[Path, typer.Option("--out", help="Where results.jsonl, grades.csv and run.json go.")],
    course: CourseOption = None,
    only: OnlyOption = None,
    jobs: JobsOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the inputs. Default: drawn once per --out.")] = None,
    time_limit: Annotated[float, typer.Option(min=0.1, help="Seconds for one experiment.")] = 5.0,
    sandbox: Annotated[str, typer.Option(metavar="auto|none", help="The walls round student code.")] = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="Draw a new seed.")] = False,
    lang: LangOption = None,
) -> None:
    """Grade a class: exit code 0 when every submission was judged, 1 when some need a human."""
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.faces.folders import read_folder
    from grader.faces.results import outcome_counts, read_run, versions, write_results, write_run
    from grader.faces.terminal import progress, summary
    from grader.judge.library import open_library
    from grader.judge.session import Session
    from grader.run.pool import Pool
    from grader.run.wire import Setup

    if sandbox not in ("auto", "none"):
        raise UsageError(f"--sandbox {sandbox}: known are auto and none")
    language, started = choose_language(lang), time.monotonic()
    tr, console, errors = translator(language), Console(), Console(stderr=True, highlight=False)
    library = open_library(course_root(course or _course_of(submissions)))
    functions = selected(library.course, only)
    found = read_folder(submissions, {shelf.file for shelf in library.shelves.values()})
    seed = seed if seed is not None else _seed_of(out, fresh, read_run(out))
    if sandbox == "auto":
        errors.print(
            tr("[yellow]warning:[/] no sandbox: student code runs with your rights (--sandbox none says that you know)")
        )
    with Pool(Setup(library.experiment_files), min(worker_count(jobs), len(found))) as pool:
        session = Session(library, pool, seed, functions, time_limit, language)
        graded = list(progress(errors, session.grade_all(found), len(found), tr("grading")))
    write_results(out, graded, functions)
    records = [record for g in graded for record in g.records]
    facts: dict[str, Any] = {
        "seed": seed,
        "sandbox": "none",
        "versions": versions(),
        "students": len(graded),
        "functions": functions,
        "outcomes": outcome_counts(records),
        "need_a_human": sum(bool(g.human) for g in graded),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - started, 2),
        "reproduce": _command(submissions, out, seed),
    }
    write_run(out, facts)
    for part in summary(graded, library, language):
        console.print(part)
    console.print(
        tr("\n{students} students, {functions} functions in {seconds:.1f} s (seed {seed}). Results: {out}").format(
            students=len(graded), functions=len(functions), seconds=facts["seconds"], seed=seed, out=out
        ),
        highlight=False,
    )
    if facts["need_a_human"]:
        raise typer.Exit(1)


def _course_of(submissions: Path) -> Path | None:
    """Nothing given: the course is looked for from here, then from the submissions."""
    from grader.core.errors import UsageError
    from grader.declare.catalog import find_course

    for start in (Path.cwd(), submissions):
        try:
            return find_course(start)
        except UsageError:
            continue
    return None


def _seed_of(out: Path, fresh: bool, earlier: dict[str, Any]) -> int:
    """The seed of this folder: drawn once, kept until --seed or --fresh."""
    kept = earlier.get("seed")
    return kept if isinstance(kept, int) and not fresh else secrets.randbelow(2**31)


def _command(submissions: Path, out: Path, seed: int) -> str:
    """The same run again, into a folder of its own."""
    given = [a for a in sys.argv[1:] if a != "--fresh"]
    return shlex.join(["grader", *given]) if "--seed" in given else shlex.join(["grader", *given, "--seed", str(seed)])
