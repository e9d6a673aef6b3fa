"""`grader unexplained`: list the wrong answers that no known mistake explains, in groups."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.cli.app import app
from grader.cli.options import (
    CourseOption,
    LangOption,
    OnlyOption,
    course_root,
    results_folder,
    selected,
    warn_of_interruption,
)


@app.command()
def unexplained(
    results: Annotated[Path, typer.Argument(help="Results folder of `grader grade --out`.")],
    only: OnlyOption = None,
    course: CourseOption = None,
    lang: LangOption = None,
) -> None:
    """List the wrong answers that no known mistake explains, the largest group first.

    Answers to a function that are wrong in the same way are one group. Each group is shown with its first failed check,
    and with its shortest code beside the solution. `grader adopt` turns such an answer into a known mistake.

    Examples:
      grader unexplained results
      grader unexplained results --only mse_by_hand
    """
    from grader.core.language import choose_language, translator
    from grader.course.library import open_library
    from grader.grading.results.result_files import read_fingerprints
    from grader.grading.results.run_file import read_run
    from grader.grading.runs.earlier_run import read_earlier_run
    from grader.reports.answer_groups import UnexplainedAnswers
    from grader.reports.group_report import report_unexplained
    from grader.reports.group_tables import group_lines
    from grader.submissions.people import people_from_run
    from grader.submissions.students.look_alikes import typed_id

    language = choose_language(lang)
    folder, tr, console = results_folder(results), translator(language), Console(highlight=False)
    warn_of_interruption(folder, language)
    run = read_run(folder)
    library = open_library(course_root(course)) if course else read_earlier_run(folder, run).library()
    answers = UnexplainedAnswers()
    for answer in read_fingerprints(folder):
        answers.add_answer(answer.student, answer.function, answer.fingerprint)
    found = report_unexplained(answers, folder, library, language, selected(library.course, only) if only else ())
    people = people_from_run(run)
    for report in found.groups:
        for line in group_lines(report, answers.students, people, language):
            console.print(line, soft_wrap=True)
        command = shlex.join(["grader", "adopt", str(results), typed_id(report.student), report.function])
        console.print(Text(f"      {command}", "bold"), soft_wrap=True)
    if not found.total:
        console.print(tr("Known mistakes explain all wrong answers."))
    elif (more := found.total - len(found.groups)) > 0:
        console.print(tr("\nGroups that are not shown: {number}. Choose a function with --only.").format(number=more))
