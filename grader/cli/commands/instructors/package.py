"""`grader package`: build an autograder for a platform."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import (
    CourseOption,
    LangOption,
    MemoryOption,
    OnlyOption,
    SandboxOption,
    TimeOption,
    course_language,
    course_root,
    sandbox_level,
    selected,
)
from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT


def _systems() -> str:
    from grader.packaging.autograder_lookup import system_names

    return "|".join(system_names())


@app.command()
def package(
    system: Annotated[str, typer.Argument(metavar=_systems(), help="Platform that will run the autograder.")],
    into: Annotated[Path, typer.Option("--into", help="Zip (gradescope) or folder to write.")],
    course: CourseOption = None,
    only: OnlyOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the inputs. Default: drawn at random now.")] = None,
    time_limit: TimeOption = TIME_LIMIT,
    memory_limit: MemoryOption = MEMORY_LIMIT,
    sandbox: SandboxOption = "auto",
    repository: Annotated[
        str,
        typer.Option(
            "--course-repository",
            metavar="OWNER/NAME",
            help="github: private repository with the course, so that the hidden checks run, too.",
        ),
    ] = "",
    source: Annotated[
        str,
        typer.Option("--grader-source", metavar="SOURCE", help="github: source from which pip installs the grader."),
    ] = "",
    lang: LangOption = None,
) -> None:
    """Package the grader with a course: an autograder for Gradescope or PrairieLearn, a workflow for GitHub Classroom.

    Examples:
      grader package gradescope --into autograder.zip
      grader package github --into .github --only ex1_losses
    """
    import secrets

    from grader.core.language import choose_language, translator
    from grader.course.library import open_library
    from grader.grading.policy.policy_file import find_policy_file, read_policy
    from grader.packaging.autograder_bundle import AutograderBundle, AutograderSettings
    from grader.packaging.autograder_lookup import load_packager
    from grader.reports.terminal import safe

    writer, language = load_packager(system), choose_language(lang)
    tr, home = translator(language), open_library(course_root(course)).course
    rules = read_policy(find_policy_file(None, home.root), home, tr)
    functions = selected(home, only or list(rules.exercises))
    settings = AutograderSettings(
        only=functions,
        seed=secrets.randbelow(2**31) if seed is None else seed,
        sandbox=sandbox_level(sandbox),
        time_limit=time_limit,
        memory_limit=memory_limit,
        language=course_language(lang or rules.language, home),
    )
    points = {name: float(rules.points.get(name, home.exercise_of[name].points[name])) for name in functions}
    bundle = AutograderBundle(home, settings, points, {"repository": repository, "source": source})
    files = writer.package(bundle, into)
    written = files[0] if len(files) == 1 else into
    text = tr("Functions: {functions}, points: {points:g}. Written: {into}")
    console = Console(highlight=False)
    console.print(
        safe(text.format(functions=len(functions), points=sum(points.values()), into=written)), soft_wrap=True
    )
    if system != "github" or repository:
        warning = tr("The package gives access to the solutions and the hidden checks. Do not give it to students.")
        console.print(f"[bold yellow]![/] {safe(warning)}", soft_wrap=True)
