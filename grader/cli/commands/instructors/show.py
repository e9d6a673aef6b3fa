"""`grader show`: how the score of a student came about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import LangOption

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.course.library import Library
    from grader.grading.runs.earlier_run import EarlierRun
    from grader.grading.verdicts.entry import Attachments
    from grader.grading.verdicts.record import FunctionRecord


@app.command()
def show(
    student: Annotated[str, typer.Argument(help="The id or the name, or how it begins.")],
    function: Annotated[str | None, typer.Argument(help="A function: its code, and all its checks.")] = None,
    results: Annotated[
        Path | None, typer.Option("--results", help="What `grader grade --out` wrote. Default: the one here.")
    ] = None,
    rerun: Annotated[bool, typer.Option("--rerun", help="Judge it again as it was judged, and compare.")] = False,
    debug: Annotated[
        bool, typer.Option("--pdb", help="With --rerun: step through FUNCTION, here and without walls.")
    ] = False,
    sandbox: Annotated[
        str | None,
        typer.Option(
            "--sandbox",
            metavar="none",
            help="`none` says that you have read the code: with --pdb, or --rerun of what was judged without walls.",
        ),
    ] = None,
    submissions: Annotated[
        Path | None, typer.Option("--submissions", help="With --rerun: where the submissions lie now.")
    ] = None,
    lang: LangOption = None,
) -> None:
    """Show why a student got what she got: claims, what was given and expected, hints, her code, the seed."""
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.core.visible_text import visible
    from grader.grading.results.journal import load_attachments
    from grader.grading.results.result_files import records_of, students_in
    from grader.grading.results.run_file import read_run
    from grader.grading.runs.earlier_run import read_earlier_run
    from grader.reports.student_lookup import find_function, find_student, results_folder
    from grader.reports.student_report import inspection
    from grader.submissions.people import people_from_run

    if debug and not (rerun and function and sandbox == "none"):
        raise UsageError(
            "--pdb runs the student's code in this very process, with all your rights. Read the code first "
            "(grader show STUDENT FUNCTION), then say so: --rerun --pdb --sandbox none, with one FUNCTION"
        )
    language = choose_language(lang)
    tr, console = translator(language), Console(highlight=False)
    folder = results_folder(results, Path.cwd())
    run = read_run(folder)
    people = people_from_run(run)
    id = find_student(student, students_in(folder), people)
    everything = records_of(folder, id)
    wanted = find_function(function, [record.function for record in everything]) if function else None
    records = [record for record in everything if wanted in (None, record.function)]
    name = people[id].name if id in people and people[id].name != id else ""
    score = "—" if any(r.score is None for r in records) else f"{sum(r.score or 0.0 for r in records):g}"
    console.print(
        tr("{student}: {score} of {maximum} points (seed {seed}, sandbox {level})").format(
            student=visible(f"{id} ({name})" if name else id),
            score=score,
            maximum=f"{sum(r.max_score for r in records):g}",
            seed=run.get("seed", "—"),
            level=run.get("sandbox") or "—",
        ),
        style="bold",
        markup=False,
    )
    try:
        earlier = read_earlier_run(folder, run)
        library: Library | None = earlier.library()
    except UsageError:
        if rerun:
            raise
        library = None  # the course is needed for running again, and to tell hints from what was found
    attachments = load_attachments(folder / "journal.sqlite", records)
    for part in inspection(records, attachments, library, language):
        console.print(part)
    if rerun and library is not None:
        if debug:
            _debug(earlier, library, records[0], submissions, console, tr)
        else:
            _ask_for_consent(earlier, folder, sandbox)
            _rerun(earlier, library, records, attachments, submissions, language, console)


def _ask_for_consent(earlier: EarlierRun, folder: Path, given: str | None) -> None:
    """A file that somebody sent must not decide that code is run without walls. Raises UsageError."""
    from grader.core.errors import UsageError
    from grader.execution.host.sandbox_levels import Level

    if not Level(earlier.level).is_strong and given != earlier.level:
        raise UsageError(
            "{file}: judged without walls that hold (sandbox {level}). Judging it again so runs the student's code "
            "with all your rights. Read it first, then say so: --rerun --sandbox {level}",
            file=folder / "run.json",
            level=earlier.level,
        )


def _rerun(
    earlier: EarlierRun,
    library: Library,
    records: list[FunctionRecord],
    attachments: Mapping[str, Attachments],
    moved: Path | None,
    language: str,
    console: Console,
) -> None:
    """Judge the same functions with the recorded seed, limits and level; exit code 1 when something differs."""
    from grader.core.language import translator
    from grader.execution.host.pool import make_sandboxed_pool
    from grader.grading.runs.submission_grader import SubmissionGrader
    from grader.reports.run_comparison import compare_runs, on_scale_of
    from grader.reports.run_comparison_tables import comparison
    from grader.submissions.excerpts import source_text

    tr, plan = translator(language), earlier.plan
    submission = earlier.submission(records[0].student, library, moved)
    known = [record for record in records if record.function in library.course.exercise_of]
    functions = [record.function for record in known]
    with make_sandboxed_pool(library.experiment_files, 1, earlier.level, plan.memory_limit, plan.time_limit) as pool:
        grader = SubmissionGrader(library, pool, earlier.seed, functions, plan.time_limit, language)
        made = grader.grade(submission).records
    console.print()
    texts = {path: source_text(path, data) for path, data in submission.read()}
    if any(r.function in attachments and attachments[r.function].source != texts.get(r.source, "") for r in known):
        console.print(tr("[bold red]The submission has changed[/] since it was graded."))
    found = compare_runs(known, [on_scale_of(old, new) for old, new in zip(known, made, strict=True)])
    if not found.changes:
        console.print(tr("[green]The same again[/]: every check came out as it was recorded."))
        return
    for part in comparison(found, language):
        console.print(part)
    console.print(tr("[bold red]Not the same[/]: the submission, the course, the grader or this machine has changed."))
    raise typer.Exit(1)


def _debug(
    earlier: EarlierRun,
    library: Library,
    record: FunctionRecord,
    moved: Path | None,
    console: Console,
    tr: Callable[[str], str],
) -> None:
    """Step through the checks that failed, or through all when none did."""
    from grader.reports.debugger import debug

    submission = earlier.submission(record.student, library, moved)
    failed = {check.name for check in record.checks if not check.passed}
    checks = [
        c
        for c in library.course.exercise_of[record.function].checks_of(record.function)
        if not failed or c.name in failed
    ]
    console.print(tr("[bold red]warning:[/] the student's code runs in this process, with your rights"))
    if problem := debug(submission, library, checks, earlier.seed):
        console.print(problem, markup=False)
        raise typer.Exit(1)
