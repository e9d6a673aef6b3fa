"""`grader adopt`: turn a student's wrong answer into a known mistake, so that the next run recognizes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.cli.app import app
from grader.cli.options import (
    CourseOption,
    JobsOption,
    LangOption,
    course_root,
    results_folder,
    warn_of_interruption,
    worker_count,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from grader.authoring.adoption.adopted_mistake import Proof
    from grader.course.library import Library
    from grader.grading.results.answer_lookup import Answer


@app.command()
def adopt(
    results: Annotated[Path, typer.Argument(help="Results folder of `grader grade --out`.")],
    student: Annotated[str, typer.Argument(help="Student: id, id_hash or name, or its beginning.")],
    function: Annotated[str, typer.Argument(help="Function with the wrong answer.")],
    en: Annotated[str, typer.Option("--en", metavar="HINT", help="Hint in English. Default: an editor opens.")] = "",
    zh: Annotated[str, typer.Option("--zh", metavar="HINT", help="Hint in Chinese. Default: an editor opens.")] = "",
    name: Annotated[
        str,
        typer.Option("--name", help="Name of the mistake, not of a student. Default: adopted_1 and so on."),
    ] = "",
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Adopt the code without asking. Use this option only if you have read the code."),
    ] = False,
    course: CourseOption = None,
    jobs: JobsOption = None,
    lang: LangOption = None,
) -> None:
    """Turn a student's wrong answer into a known mistake, with your hint.

    The command shows the code without comments and docstrings; look for names of persons in it. The code runs only in
    the sandbox. The mistake is written to the course if the checks catch it, if its own hint is shown first, and if all
    other mistakes get the same hints as before.

    Exit code: 0 when the mistake is written, 1 otherwise.

    Examples:
      grader adopt results 70005 mse_by_hand
      grader adopt results 70005 mse_by_hand --name mean_of_rows
    """
    from grader.authoring.adoption.adopted_mistake import draft_mistake, free_name, prove_mistake
    from grader.core.files.atomic_files import write_atomically
    from grader.core.language import choose_language, translator
    from grader.core.visible_text import visible
    from grader.course.library import open_library
    from grader.grading.results.run_file import read_run
    from grader.grading.runs.earlier_run import read_earlier_run
    from grader.grading.runs.experiment_errors import report_unloadable_experiments
    from grader.grading.runs.source_pool import make_pool_for_adopted_code
    from grader.rendering.failure_layout import wrap
    from grader.reports.answer_choice import choose_answer
    from grader.submissions.people import people_from_run

    tr, console = translator(choose_language(lang)), Console(highlight=False)
    folder = results_folder(results)
    warn_of_interruption(folder, choose_language(lang))
    facts = read_run(folder)
    run = read_earlier_run(folder, facts)
    library = open_library(course_root(course)) if course else run.library()
    chosen = choose_answer(folder, student, function, people_from_run(facts))
    languages = library.course.languages
    hints = {code: hint for code, hint in {"en": en, "zh": zh}.items() if hint and code in languages}
    if not yes and any(code not in hints for code in languages):
        hints = _edited_hints(languages, hints, chosen.answer, library, tr)
    name = name or free_name(library, chosen.function)
    draft = draft_mistake(library, chosen.function, chosen.answer.source, name, hints)
    for line in draft.entry.splitlines():
        console.print(Text(f"    {visible(line.expandtabs(4))}", "cyan"), soft_wrap=True)
    with report_unloadable_experiments(library), make_pool_for_adopted_code(library, worker_count(jobs)) as pool:
        proof = prove_mistake(draft, library, pool, run.seed, chosen.answer.entry.fingerprint)
    for finding in proof.findings:
        console.print(Text.assemble((finding.place, "bold red"), f": {finding.found}"), soft_wrap=True)
        console.print(tr("    What to do: {cure}").format(cure=finding.cure), markup=False, soft_wrap=True)
    if proof.findings:
        console.print(tr("Nothing was written."))
        raise typer.Exit(1)
    for sentence in _describe_proof(proof, chosen.students, tr):
        console.print(*wrap(sentence, 0), sep="\n", markup=False)
    file = draft.file.relative_to(library.course.root)
    if not yes and not typer.confirm(tr("Write the mistake to {file}?").format(file=file)):
        console.print(tr("Nothing was written."))
        raise typer.Exit(1)
    write_atomically(draft.file, draft.text.encode())
    text = tr(
        "Written: {file}. To use the mistake in the self-check, run `grader sync`. To see it in the results, run the "
        "same `grader grade` command again."
    )
    console.print(*wrap(text.format(file=file), 0), sep="\n", markup=False)


def _edited_hints(
    languages: Sequence[str], hints: Mapping[str, str], answer: Answer, library: Library, tr: Callable[[str], str]
) -> dict[str, str]:
    """Return the hints that the user writes in an editor; the editor shows the answer beside the solution."""
    from grader.authoring.adoption.hint_editing import edit_hints
    from grader.core.visible_text import visible
    from grader.reports.group_report import compare_code

    function = answer.entry.function
    solution = library.exercise_files[answer.entry.exercise].solution
    code = [f"{sign} {visible(line)}" for sign, line in compare_code(answer.source, solution, function).unified]
    return edit_hints(languages, hints, code, tr)


def _describe_proof(proof: Proof, students: int, tr: Callable[[str], str]) -> Iterator[str]:
    """Yield sentences that say what the runs in the sandbox have proved."""
    yield tr("Checks that catch the mistake with every seed: {checks}").format(checks=", ".join(proof.caught_by))
    words = tr("Its own hint is shown first. Other mistakes of the function, whose hints do not change: {others}")
    yield words.format(others=proof.others)
    yield tr("Students with this answer, who will get the hint in the next run: {number}").format(number=students)
    if proof.passes_public:
        yield tr(
            "The mistake passes all public checks, so the self-check cannot show its hint. `grader doctor` will "
            "require a public check that catches it, or a reason under passes_public."
        )
