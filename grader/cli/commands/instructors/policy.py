"""`grader policy`: check the policy of a course and describe it in words."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, LangOption, PolicyOption, course_language, course_root


@app.command()
def policy(
    course: CourseOption = None,
    file: PolicyOption = None,
    new: Annotated[bool, typer.Option("--new", help="Write a grader.toml that explains every key.")] = False,
    lang: LangOption = None,
) -> None:
    """Check the policy of a course (grader.toml) and describe it: points, deadlines, late penalty, attempts.

    Examples:
      grader policy --new
      grader policy
    """
    from datetime import date

    from grader.core.errors import UsageError
    from grader.core.files.atomic_files import write_atomically
    from grader.core.language import choose_language, translator
    from grader.course.discovery import read_course
    from grader.grading.policy.policy_description import describe_policy
    from grader.grading.policy.policy_example import example
    from grader.grading.policy.policy_file import FILE, find_policy_file, read_policy
    from grader.reports.terminal import safe, two_column_table

    console, known = Console(highlight=False), read_course(course_root(course))
    tr = translator(choose_language(lang))
    if new:
        made = file or known.root / FILE
        if made.exists():
            raise UsageError(
                "File exists already: {path}. Edit the existing file, or name another file with --policy.", path=made
            )
        write_atomically(made, example(known, date.today(), tr).encode())
        console.print(
            safe(tr("written: {path}. Edit this file, then check the policy: grader policy").format(path=made))
        )
        return
    path = find_policy_file(file, known.root)
    found = read_policy(path, known, tr)
    tr = translator(course_language(lang or found.language, known))
    title = tr("{path} has no errors. Policy:").format(path=path) if path else tr("No grader.toml. Default policy:")
    console.print(f"[bold]{safe(title)}[/]")
    console.print(two_column_table(describe_policy(found, known, tr)))
