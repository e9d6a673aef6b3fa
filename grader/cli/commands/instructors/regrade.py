"""`grader regrade`: repeat the last run of a results folder, or finish an interrupted one."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.app import app
from grader.cli.options import JobsOption, LangOption, sandbox_level, worker_count


@app.command()
def regrade(
    results: Annotated[Path, typer.Argument(help="Results folder of `grader grade --out`.")],
    submissions: Annotated[
        Path | None, typer.Option("--submissions", help="Submissions, if they are no longer where they were.")
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
            help="Sandbox level. Default: that of the last run; confirm weak or none again.",
        ),
    ] = None,
    jobs: JobsOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop scores of students or functions that are not in this run.")
    ] = False,
    lang: LangOption = None,
) -> None:
    """Repeat the last run of a results folder: the same submissions, course, options and seed.

    It reads the submissions, the course, the policy and overrides.csv again, and grades what has changed. After an
    interruption it grades what is missing.

    Exit code: 0 when every submission is graded, 1 when some need review.

    Examples:
      grader regrade results --submissions submissions-monday.zip
      grader regrade results --finish
    """
    from msgspec.structs import replace as change

    from grader.cli.class_grading import finish_from_journal, grade_plan
    from grader.core.errors import UsageError
    from grader.core.language import translator
    from grader.course.library import open_library
    from grader.grading.policy.policy_file import find_policy_file, read_policy
    from grader.grading.results.run_file import read_run
    from grader.grading.runs.earlier_run import read_plan, require_consent

    out, run = results.absolute(), read_run(results)
    plan, folder = read_plan(results, run)
    if lang:
        plan = change(plan, language=lang)
    if run.get("finished"):
        plan = change(plan, fresh=False)
    if submissions:
        plan = change(plan, submissions=str(submissions.absolute()))
    if sandbox:
        plan = change(plan, sandbox=sandbox_level(sandbox))
    elif not finish:
        require_consent(plan.sandbox, None, results, f"grader regrade {results} --sandbox {plan.sandbox}")
    with chdir(folder):
        if not finish and not plan.submissions_path().exists():
            raise UsageError(
                "Submissions not found: {path}. They were there when they were graded. "
                "Pass their new path with --submissions PATH",
                path=plan.submissions_path(),
            )
        library = open_library(plan.course_root())
        file = find_policy_file(Path(plan.policy) if plan.policy else None, library.course.root)
        policy = read_policy(file, library.course, translator(plan.language))
        if finish:
            finish_from_journal(plan, out, library, policy, run.get("handed_in"), replace)
        else:
            plan = change(plan, attempts=policy.attempts, strict_encoding=policy.files.is_strict)
            grade_plan(plan, out, library, policy, worker_count(jobs), replace)
