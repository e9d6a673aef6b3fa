"""`grader init`: start a course in an empty folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import asked_language, split_names, store_language
from grader.core.errors import UsageError
from grader.core.language import is_language_code


def course_languages(context: typer.Context, values: list[str] | None) -> list[str]:
    """Return the languages in all values of --lang; the first one becomes the language of the messages.

    Raises UsageError for a value that is no code of a language.
    """
    languages = split_names(values) or []
    if not languages:
        store_language(context, None)
        return []
    for language in languages:
        if not is_language_code(language):
            raise UsageError(
                "Unknown language: --lang {lang}. Pass codes of languages, separated by commas, such as en,zh.",
                lang=language,
            )
    asked_language.set(languages[0])
    return languages


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the course; made if missing.", show_default=False)] = Path(),
    languages: Annotated[
        list[str] | None,
        typer.Option(
            "--lang",
            metavar="LANG",
            callback=course_languages,
            help="Languages of the course, separated by commas, such as en,zh. English is always one of them; the "
            "first one is the language of the read-me file. Default: en.",
        ),
    ] = None,
) -> None:
    """Start a course in an empty folder: one exercise that works, a read-me file, and a workflow for GitHub.

    A file that exists is never overwritten.

    Examples:
      grader init my_course
      grader init my_course --lang en,zh
    """
    import shlex

    from grader.authoring.course_template import new_course_files, require_room
    from grader.core.files.atomic_files import write_atomically
    from grader.core.language import choose_language, translator

    tr, console = translator(choose_language(asked_language.get())), Console(highlight=False)
    files = new_course_files(folder, languages or [])
    require_room(folder, files)
    for path, text in files.items():
        write_atomically(folder / path, text.encode())
        console.print(tr("written: {path}").format(path=folder / path), markup=False, soft_wrap=True)
    enter = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))}\n"
    text = tr("The course has one exercise, ex1_square, which works. Next, generate its files and prove its checks:")
    console.print(f"{text}\n{enter}grader sync\ngrader doctor", markup=False, soft_wrap=True)
