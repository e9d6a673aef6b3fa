"""Turn a student's wrong answer into a known mistake, and test this mistake: the steps of `grader adopt`.

Theory of operation
    `draft_mistake` takes the code of the function out of the student's file and makes the entry. `prove_mistake` runs
    the code in the sandbox. With the seed of the results, the mistake must be wrong in the same way as the answer: it
    must have the same fingerprint. With each seed of the doctor, a check must catch the mistake, its own hint must come
    first, and the hints of all other mistakes must stay the same. If all this holds, the command writes the entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.authoring.adoption.answer_code import extract_answer
from grader.authoring.adoption.hint_editing import require_hints
from grader.authoring.adoption.mistake_entry import file_with_entry, make_entry, mistakes_file
from grader.authoring.doctor_report import Finding
from grader.authoring.examination.mistake_examination import MistakeExamination
from grader.authoring.examination.seeds import SEEDS
from grader.authoring.examination.source_runner import Outcomes, SourceRunner
from grader.core.errors import AuthoringErrors, UsageError
from grader.course.library import ExerciseFiles, Library
from grader.course.mistakes import Mistake, parse_mistakes
from grader.execution.host.pool import Pool
from grader.experiments.declaration import PUBLIC_SEED, Check
from grader.grading.verdicts.verdict import decide
from grader.grading.verdicts.wrong_answer_fingerprint import fingerprint


@dataclass(frozen=True)
class DraftMistake:
    """A mistake that is not written to the disk yet.

    entry: text of its entry in the file of mistakes.
    file, text: path of the file of mistakes, and its new content with the entry.
    """

    mistake: Mistake
    entry: str
    file: Path
    text: str


@dataclass
class Proof:
    """Result of `prove_mistake`.

    findings: what is wrong with the draft. A draft with findings must not be written.
    caught_by: names of the checks that catch the mistake with the public seed; with every seed if `findings` is empty.
    others: number of the other known mistakes of the function that were compared with the draft.
    passes_public: True if the mistake passes all public checks.
    """

    findings: list[Finding] = field(default_factory=list)
    caught_by: list[str] = field(default_factory=list)
    others: int = 0
    passes_public: bool = False


def draft_mistake(library: Library, function: str, source: str, name: str, hints: Mapping[str, str]) -> DraftMistake:
    """Return the draft of a mistake.

    source: text of the student's file.
    name: name of the mistake.
    hints: language -> hint.
    Raises UsageError if the name is taken, if a hint is missing, or if the answer cannot be adopted. Raises
    AuthoringErrors if the new file of mistakes is not valid.
    """
    files = _files_of(library, function)
    if any(mistake.name == name for mistake in files.mistakes_of(function)):
        raise UsageError("{function} already has a mistake {name}. Choose another --name", function=function, name=name)
    require_hints(files.exercise.languages, hints)
    file = mistakes_file(library.course.root, files.exercise.name)
    entry = make_entry(name, hints, extract_answer(source, function), files.solution)
    text = file_with_entry(file.read_text("utf-8") if file.is_file() else "", entry)
    mistakes, errors = parse_mistakes(text, file, files.solution, files.exercise.languages)
    if errors:
        raise AuthoringErrors(errors)
    (mistake,) = (mistake for mistake in mistakes if (mistake.function, mistake.name) == (function, name))
    return DraftMistake(mistake, entry, file, text)


def free_name(library: Library, function: str) -> str:
    """Return the first free name for an adopted mistake: adopted_1, adopted_2, ...

    Such a name does not identify the student.
    """
    names = {mistake.name for mistake in _files_of(library, function).mistakes_of(function)}
    return next(name for number in range(1, len(names) + 2) if (name := f"adopted_{number}") not in names)


def prove_mistake(draft: DraftMistake, library: Library, pool: Pool, seed: int, answer: str) -> Proof:
    """Run a draft, and return whether it may become a known mistake.

    pool: a pool of workers in the sandbox, because the draft is code of a student.
    seed: seed of the grading run with the student's answer.
    answer: fingerprint of the student's answer in that run.
    """
    mistake, files = draft.mistake, _files_of(library, draft.mistake.function)
    checks = files.exercise.checks_of(mistake.function)
    # Leave out mistakes that never return: they explain only time-outs, and an answer that times out cannot be adopted.
    known = {m.id: m for m in (*files.mistakes_of(mistake.function), mistake) if not m.fatal_outcome}
    runner = SourceRunner(library, pool, with_mutants=False)
    graded = runner.run(files, mistake.function, [files.solution, mistake.source], [seed], sources_per_child=1)
    solution, *mistakes = runner.run_with_mistakes(files, mistake.function, [files.solution], known.values(), SEEDS)
    if _fingerprint(checks, seed, *(result().outcomes for result in graded)) != answer:
        return Proof([_not_the_answer(mistake)])
    outcomes = {name: result().outcomes for name, result in zip(known, mistakes, strict=True)}
    examination = MistakeExamination(checks, solution().outcomes, known, outcomes, SEEDS)
    findings = [*examination.examine(mistake.id), *examination.find_changed_hints(mistake.id)]
    verdicts = examination.verdicts(PUBLIC_SEED)[mistake.id]
    failed = [check for check in checks if not verdicts[check.id].passed]
    passes_public = not any(not check.hidden for check in failed)
    return Proof(findings, [check.name for check in failed], len(known) - 1, passes_public)


def _files_of(library: Library, function: str) -> ExerciseFiles:
    return library.exercise_files[library.course.exercise_of[function].name]


def _fingerprint(checks: Sequence[Check], seed: int, reference: Outcomes, outcomes: Outcomes) -> str:
    return fingerprint([decide(check, outcomes[check.id, seed], reference[check.id, seed]) for check in checks])


def _not_the_answer(mistake: Mistake) -> Finding:
    found = (
        "its code alone is not wrong in the same way as the answer: the answer uses other parts of its file, or random "
        "numbers"
    )
    return Finding(mistake.id, found, "write the mistake by hand (docs/guides/author.md)")
