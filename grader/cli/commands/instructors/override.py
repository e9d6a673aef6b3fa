"""`grader override`: set a score or a comment by hand, in overrides.csv of a results folder."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.locked_results import lock_results
from grader.cli.options import LangOption, ResultsOption, results_folder, warn_of_interruption
from grader.cli.user_name import ByOption, user_name

if TYPE_CHECKING:
    from rich.table import Table


@app.command()
def override(
    context: typer.Context,
    student: Annotated[str, typer.Argument(help="Student: id, id_hash, other id, email address or name.")] = "",
    function: Annotated[str, typer.Argument(help="Function. Default: the total.")] = "",
    score: Annotated[float | None, typer.Option("--score", min=0, help="New score.")] = None,
    comment: Annotated[str, typer.Option("--comment", help="Comment for the student.")] = "",
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the override: the automatic score applies again.")
    ] = False,
    bonus: Annotated[bool, typer.Option("--bonus", help="Allow a score above the maximum.")] = False,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply", help="Write all result files again from the journal, so that the override applies at once."
        ),
    ] = False,
    undo: Annotated[
        bool,
        typer.Option("--undo", help="Undo the last change of this override. Repeat to undo earlier changes."),
    ] = False,
    history: Annotated[
        bool, typer.Option("--history", help="Show who changed which override when, for one student or for all.")
    ] = False,
    by: ByOption = None,
    results: ResultsOption = Path("results"),
    lang: LangOption = None,
) -> None:
    """Set a score by hand, or comment on it.

    The override is saved in overrides.csv. Every later run into the same folder applies it; --apply does so at once,
    and grades nothing. Each change is added to overrides-history.jsonl, with your name, the time, and the score
    and comment before.

    Exit code: 0 when the row was written, 1 when --apply found rows of overrides.csv that it could not apply.

    Examples:
      grader override 70005 mse_by_hand --score 1.5 --apply
      grader override 70005 mse_by_hand --undo
    """
    from grader.cli.class_grading import apply_overrides, open_last_run
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.grading.results.overrides.override_changes import change_override, undo_override
    from grader.grading.results.run_file import apply_later, is_interrupted
    from grader.grading.runs.earlier_run import require_known_journal
    from grader.reports.terminal import safe

    if [remove, undo, history, score is not None or bool(comment)].count(True) != 1:
        raise UsageError("Pass --score, --comment or both; or only --remove, --undo or --history.")
    if not student and not history:
        raise UsageError("Name the student whose score you set.")
    if bonus and score is None:
        raise UsageError("--bonus allows a --score above the maximum. Pass --score, too.")
    tr = translator(choose_language(lang))
    folder, console = results_folder(results), Console(highlight=False)
    if history:
        for part in _history_parts(folder, student, function, choose_language(lang)):
            console.print(part)
        return
    lock_results(context, folder)
    if apply and is_interrupted(folder):
        raise apply_later(folder)
    warn_of_interruption(folder, choose_language(lang))

    def change() -> None:
        if undo:
            lines = undo_override(folder, student, function, tr, user_name(by))
        else:
            lines = change_override(folder, student, function, score, comment, remove, tr, bonus, user_name(by))
        for line in lines:
            console.print(safe(line))

    if apply:
        with open_last_run(folder) as last:  # first, so that no row is written that cannot be applied
            change()
            for part in apply_overrides(last, folder, choose_language(lang)):
                console.print(part)
    else:
        require_known_journal(folder)
        change()
        if is_interrupted(folder):  # --apply is refused after an interrupted run
            text = tr(
                "To apply the change, finish the run: {command}. To apply it now, without the submissions that are not "
                "graded yet: {command} --finish"
            )
        else:
            text = tr(
                "To apply the change, run: {command} (unchanged submissions are not graded again), or pass --apply."
            )
        command = shlex.join(["grader", "regrade", str(folder)])
        console.print(safe(text.format(command=command)), soft_wrap=True)


def _history_parts(folder: Path, name: str, function: str, language: str) -> Iterator[Table | str]:
    """Return a table of the changes of overrides: all, or those of one student or function. Raises UsageError."""
    from grader.grading.policy.overrides import TOTAL_NAMES
    from grader.grading.results.overrides.override_history import read_history
    from grader.grading.results.run_file import read_run
    from grader.reports.comparison.override_history_table import history_table
    from grader.submissions.people import people_from_run
    from grader.submissions.students.student_lookup import StudentIndex
    from grader.submissions.submission import SubmissionMetadata

    changes, people = read_history(folder), people_from_run(read_run(folder))
    if name:
        known = {change.student: SubmissionMetadata() for change in changes} | people
        student = StudentIndex(known).require(name)
        changes = [change for change in changes if change.student == student]
    if function:
        wanted = "" if function.lower() in TOTAL_NAMES else function
        changes = [change for change in changes if change.function == wanted]
    return history_table(changes, people, language)
