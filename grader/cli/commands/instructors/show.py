"""`grader show`: explain the score of a student, run the checks again, or debug a function."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import LangOption, results_folder, warn_of_interruption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.course.library import Library
    from grader.grading.runs.earlier_run import EarlierRun
    from grader.grading.verdicts.entry import Attachments
    from grader.grading.verdicts.record import FunctionRecord


@app.command()
def show(
    student: Annotated[str, typer.Argument(help="Student: id, id_hash or name, or its beginning.")],
    function: Annotated[str | None, typer.Argument(help="Function to show with its code and all its checks.")] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            "--results", help="Results folder of `grader grade --out`. Default: the only one in the current folder."
        ),
    ] = None,
    rerun: Annotated[
        bool, typer.Option("--rerun", help="Run the checks again with the recorded seed; compare results.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--pdb", help="With --rerun: step through FUNCTION in a debugger, in this process and without a sandbox."
        ),
    ] = False,
    sandbox: Annotated[
        str | None,
        typer.Option(
            "--sandbox",
            metavar="none",
            help="Confirms that you have read the code: needed for --pdb, and for --rerun of results from a "
            "weak sandbox or none.",
        ),
    ] = None,
    submissions: Annotated[
        Path | None,
        typer.Option("--submissions", help="With --rerun: new path of submissions that were moved."),
    ] = None,
    lang: LangOption = None,
) -> None:
    """Explain the score of a student: claims, returned and expected values, hints, code, seed.

    Examples:
      grader show 70005
      grader show 70005 mse_by_hand --rerun
    """
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.core.visible_text import visible
    from grader.course.function_lookup import resolve_function
    from grader.grading.results.attachment_lookup import load_attachments
    from grader.grading.results.result_files import read_finals, read_student_records, read_students
    from grader.grading.results.run_file import JOURNAL_FILE, read_run
    from grader.grading.runs.earlier_run import read_earlier_run, require_consent
    from grader.grading.runs.fix_review import mended_lines
    from grader.reports.student_report import final_lines, student_report_parts
    from grader.submissions.people import people_from_run
    from grader.submissions.students.student_lookup import StudentIndex
    from grader.submissions.submission import SubmissionMetadata

    if debug and not (rerun and function and sandbox == "none"):
        raise UsageError(
            "--pdb runs the student's code in this process, with your permissions. Read the code first: grader show "
            "STUDENT FUNCTION. Then run: grader show STUDENT FUNCTION --rerun --pdb --sandbox none"
        )
    language = choose_language(lang)
    tr, console = translator(language), Console(highlight=False)
    folder = results_folder(results)
    warn_of_interruption(folder, language)
    run = read_run(folder)
    people = people_from_run(run)
    index = StudentIndex({one: people.get(one, SubmissionMetadata()) for one in read_students(folder)})
    id = index.require(student, by_beginning=True)
    everything = read_student_records(folder, id)
    wanted = resolve_function(function, [record.function for record in everything]) if function else None
    records = [record for record in everything if wanted in (None, record.function)]
    score = "—" if any(r.score is None for r in records) else f"{sum(r.score or 0.0 for r in records):g}"
    console.print(
        tr("{student}: {score} of {maximum} points (seed {seed}, sandbox {level})").format(
            student=visible(index.describe([id])),
            score=score,
            maximum=f"{sum(r.max_score for r in records):g}",
            seed=run.get("seed", "—"),
            level=run.get("sandbox") or "—",
        ),
        style="bold",
        markup=False,
    )
    final = read_finals(folder).get(id)
    if language != (written_in := run.get("plan", {}).get("language", language)):
        attempt = people[id].attempt if id in people else None
        records, is_translated = _translated(folder, run, records, attempt, language)
        if not is_translated or (final and final.penalty):
            text = tr(
                "Some texts are in the language of the run ({language}). To write all files in your language, "
                "run: {command}"
            )
            command = shlex.join(["grader", "regrade", str(folder), "--lang", language])
            console.print(text.format(language=written_in, command=command), style="dim", markup=False, soft_wrap=True)
    for line in [*final_lines(final, tr), *mended_lines(final, tr)] if final else ():
        console.print(line, markup=False)
    try:
        earlier = read_earlier_run(folder, run)
        library: Library | None = earlier.library()
    except UsageError:
        if rerun:
            raise
        library = None  # without the course, hints are shown as part of the messages
    attachments = load_attachments(folder / JOURNAL_FILE, records)
    for part in student_report_parts(records, attachments, library, language):
        console.print(part)
    if rerun and library is not None:
        if debug:
            _debug(earlier, library, records[0], submissions, language, console)
        else:
            require_consent(earlier.level, sandbox, folder, f"--rerun --sandbox {earlier.level}")
            accepted = final.accepted if final else {}
            _rerun(earlier, library, records, attachments, accepted, submissions, language, console)


def _translated(
    folder: Path, run: Mapping[str, Any], records: list[FunctionRecord], attempt: int | None, language: str
) -> tuple[list[FunctionRecord], bool]:
    """Return the records with their texts in `language`, and true; if that is impossible, unchanged and false."""
    import sqlite3

    from grader.core.errors import GraderError
    from grader.grading.runs.earlier_run import read_earlier_run
    from grader.grading.runs.recorded_attempts import records_in_language

    try:
        library = read_earlier_run(folder, run).library()
        found = records_in_language(folder, library, records, attempt, language)
    except (GraderError, sqlite3.DatabaseError):
        return records, False
    return found, all(new is not old for new, old in zip(found, records, strict=True))


def _rerun(
    earlier: EarlierRun,
    library: Library,
    records: list[FunctionRecord],
    attachments: Mapping[str, Attachments],
    accepted: Mapping[str, str],
    moved: Path | None,
    language: str,
    console: Console,
) -> None:
    """Grade the functions again with the recorded seed, limits and sandbox level. Exit code 1 if a result differs."""
    from grader.core.language import translator
    from grader.execution.host.archive_extraction import ArchiveExtractor
    from grader.execution.host.pool import make_sandboxed_pool
    from grader.grading.runs.archive_opening import FreshArchives
    from grader.grading.runs.submission_grader import SubmissionGrader
    from grader.reports.comparison.run_comparison import compare_runs, with_points_of
    from grader.reports.comparison.run_comparison_tables import comparison_tables
    from grader.submissions.excerpts import source_text

    tr, plan = translator(language), earlier.plan
    submission = earlier.submission(records[0].student, library, moved)
    known = [record for record in records if record.function in library.course.exercise_of]
    functions = [record.function for record in known]
    pool = make_sandboxed_pool(library.experiment_files, 1, earlier.level, plan.memory_limit, plan.time_limit)
    with pool, ArchiveExtractor(earlier.level) as extractor:
        open_archive = FreshArchives(extractor).open
        options = (plan.time_limit, language, plan.strict_encoding, plan.submission_limit)
        grader = SubmissionGrader(library, pool, earlier.seed, functions, *options)
        made = grader.grade(submission, accepted, open_archive).records
        texts = {path: source_text(path, data) for path, data in submission.read(open_archive)}
    console.print()
    if any(r.function in attachments and attachments[r.function].source != texts.get(r.source, "") for r in known):
        console.print(tr("[bold red]The submission has changed[/] since it was graded."))
    found = compare_runs(known, [with_points_of(old, new) for old, new in zip(known, made, strict=True)])
    if not found.changes:
        console.print(tr("[green]Same results[/]: every check has its recorded result."))
        return
    for part in comparison_tables(found, language):
        console.print(part)
    console.print(
        tr("[bold red]Different results[/]: the submission, the course, the grader or this machine has changed.")
    )
    raise typer.Exit(1)


def _debug(
    earlier: EarlierRun,
    library: Library,
    record: FunctionRecord,
    moved: Path | None,
    language: str,
    console: Console,
) -> None:
    """Step through a function in the checks that it failed, or in all its checks if it failed none."""
    from grader.core.language import translator
    from grader.execution.host.archive_extraction import ArchiveExtractor
    from grader.grading.runs.archive_opening import FreshArchives
    from grader.reports.debugger import debug

    with ArchiveExtractor(earlier.level) as extractor:
        files = earlier.submission(record.student, library, moved).read(FreshArchives(extractor).open)
    failed = {check.name for check in record.checks if not check.passed}
    checks = [
        c
        for c in library.course.exercise_of[record.function].checks_of(record.function)
        if not failed or c.name in failed
    ]
    tr = translator(language)
    console.print(tr("[bold red]warning:[/] the student's code runs in this process, with your permissions"))
    if problem := debug(files, library, checks, earlier.seed, language):
        console.print(problem, markup=False)
        raise typer.Exit(1)
