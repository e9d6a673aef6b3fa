"""`grader regrade`: repeat the last run of a results folder, or finish an interrupted one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.app import app
from grader.cli.locked_results import lock_results
from grader.cli.options import JobsOption, LangOption, MaxTimeOption, RetryOption, sandbox_level, worker_count


@app.command()
def regrade(
    context: typer.Context,
    results: Annotated[Path, typer.Argument(help="Results folder of `grader grade --out`.")],
    submissions: Annotated[
        Path | None, typer.Option("--submissions", help="New path of the submissions, if they were moved.")
    ] = None,
    fixes: Annotated[
        Path | None,
        typer.Option(
            "--fixes", metavar="DIR", help="Folder with corrected files, as for `grade`. Default: that of the last run."
        ),
    ] = None,
    finish: Annotated[
        bool,
        typer.Option("--finish", help="Grade nothing: write the files of an interrupted run from the journal alone."),
    ] = False,
    sandbox: Annotated[
        str | None,
        typer.Option(
            "--sandbox",
            metavar="auto|full|core|weak|none",
            help="Sandbox level. Default: that of the last run; weak and none must be passed again.",
        ),
    ] = None,
    jobs: JobsOption = None,
    max_time: MaxTimeOption = None,
    retry_timeouts: RetryOption = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Drop earlier scores and fixes that are not part of this run."),
    ] = False,
    lang: LangOption = None,
) -> None:
    """Repeat the last run of a results folder: the same submissions, course, options and seed.

    The command reads submissions, fixes, course, policy and overrides.csv again, and grades only what has changed.
    After an interruption it grades the submissions that are not graded yet.

    Exit code: 0 when every submission is graded, 1 when some need review, or are not graded because of --max-time.

    Examples:
      grader regrade results --submissions submissions-monday.zip
      grader regrade results --finish
    """
    from grader.cli.class_grading import repeat_run

    level = sandbox_level(sandbox) if sandbox else None
    lock_results(context, results, whole_run=True)
    repeat_run(results, worker_count(jobs), submissions, fixes, level, finish, replace, lang, max_time, retry_timeouts)
