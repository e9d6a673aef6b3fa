"""`grader publish`: record that students have received their scores, so that commands report later changes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.locked_results import lock_results
from grader.cli.options import LangOption, results_folder, warn_of_interruption
from grader.cli.user_name import ByOption, user_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.grading.results.final_result import FinalResult


@app.command()
def publish(
    context: typer.Context,
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder of `grader grade --out`.")],
    show: Annotated[
        bool, typer.Option("--show", help="Change nothing: show when scores were published, and what changed since.")
    ] = False,
    withdraw: Annotated[
        bool,
        typer.Option("--withdraw", help="Remove the record, if students did not receive the scores after all."),
    ] = False,
    by: ByOption = None,
    lang: LangOption = None,
) -> None:
    """Record that the students of a class have received their scores.

    Run this command after the upload of the scores. From then on, grade, regrade, override --apply and export
    report every score that differs from the published one, until you publish again.
    The command sends nothing to anybody.

    Exit code: 0 when the scores are recorded; with --show, 1 when they are not published or have changed since.

    Examples:
      grader publish results
      grader publish results --show
    """
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.grading.results import published_scores
    from grader.grading.results.result_files import read_final_results
    from grader.reports.comparison.published_comparison import describe_publication
    from grader.reports.terminal import safe

    if show and withdraw:
        raise UsageError("Pass --show or --withdraw, not both.")
    folder, language = results_folder(results), choose_language(lang)
    tr, console = translator(language), Console(highlight=False)
    if not show:
        lock_results(context, folder)
    warn_of_interruption(folder, language)
    if withdraw:
        done = published_scores.withdraw(folder)
        _update_page(folder)
        console.print(tr("The scores are no longer recorded as published.") if done else tr("Not published."))
        return
    is_published, has_changed = _print_state(console, folder, language, with_earlier=show)
    if show:
        if not is_published or has_changed:
            raise typer.Exit(1)
        return
    found = read_final_results(folder)
    _print_warnings(console, folder, found, language)
    if is_published and not has_changed:
        console.print(tr("Nothing has changed since then, so nothing is recorded."))
        return
    published = published_scores.publish(folder, found, user_name(by))
    _update_page(folder)
    with_score = sum(result.final.score is not None for result in found)
    counts = tr("students: {count}; scores: {scores}").format(count=len(found), scores=with_score)
    console.print(safe(f"{describe_publication(published, language)} {counts}"))


def _print_state(console: Console, folder: Path, language: str, with_earlier: bool) -> tuple[bool, bool]:
    """Print when the scores were published, and all changes since then.

    If `with_earlier` is true, print the earlier publications, too. Return whether scores are published, and whether any
    of them has changed.
    """
    from grader.core.language import translator
    from grader.reports.comparison.published_comparison import change_tables, changes_of_folder, describe_publication
    from grader.reports.terminal import safe

    published, changes = changes_of_folder(folder)
    if published is None:
        if with_earlier:
            tr = translator(language)
            text = tr("Not published. After you have given the scores to the students, run: {command}")
            console.print(safe(text.format(command=shlex.join(["grader", "publish", str(folder)]))))
        return False, False
    for publication in [*(published.earlier if with_earlier else ()), published]:
        console.print(safe(describe_publication(publication, language)))
    for part in change_tables(changes, language):
        console.print(part)
    return True, bool(changes)


def _print_warnings(console: Console, folder: Path, found: Sequence[FinalResult], language: str) -> None:
    """Warn of overrides that the results do not contain yet, and of students who need review."""
    from grader.core.language import translator
    from grader.core.visible_text import join_names
    from grader.exports.pending_overrides import pending_overrides
    from grader.exports.results_loader import StudentView, load_class_results
    from grader.grading.policy.policy import Policy
    from grader.reports.terminal import safe
    from grader.submissions.people import display_name

    tr = translator(language)
    lines = pending_overrides(folder, load_class_results(folder, StudentView(Policy(), None, language)))
    reviews = [display_name(one.student, {one.student: one.metadata}) for one in found if one.review_reason]
    if reviews:
        words = tr("students who need review, published with their current scores ({count}): {students}")
        lines.append(words.format(count=len(reviews), students=join_names(reviews, separator="; ")))
    for line in lines:
        console.print(f"[bold yellow]![/] {safe(line)}", soft_wrap=True)


def _update_page(folder: Path) -> None:
    """Write the note about publication on the class page anew, in the language of the page.

    A class page from an earlier release of the grader has no place for the note, and stays unchanged until the next
    `grader grade` or `grader regrade` writes the page anew.
    """
    from grader.core.language import choose_language
    from grader.grading.results.published_scores import read_published
    from grader.grading.results.run_file import read_run
    from grader.reports.comparison.published_comparison import describe_publication
    from grader.reports.pages.published_note import replace_note

    plan = read_run(folder, "plan").get("plan")
    language = choose_language(plan.get("language") if isinstance(plan, dict) else None)
    published = read_published(folder)
    replace_note(folder, [describe_publication(published, language)] if published else [], language)
