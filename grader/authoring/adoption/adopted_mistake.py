"""Turn a student's wrong answer into a known mistake, and prove the mistake: the steps of `grader adopt`.

Theory of operation
    `draft_mistake` takes the code out of the answer and makes the entry. `prove_mistake` runs the code in the sandbox.
    With the seed of the results, the mistake must be wrong in the same way as the answer. With the seeds of the doctor,
    it must be caught, get its own hint first, and leave the hints of all other mistakes as they are. Only then the
    entry is written.
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
from grader.authoring.examination.source_runner import SEEDS, Outcomes, SourceRunner
from grader.core.errors import AuthoringErrors, UsageError
from grader.course.library import ExerciseFiles, Library
from grader.course.mistakes import Mistake, parse_mistakes
from grader.execution.host.pool import Pool
from grader.experiments.declaration import PUBLIC_SEED, Check
from grader.grading.verdicts.fingerprint import fingerprint
from grader.grading.verdicts.verdict import decide


@dataclass(frozen=True)
class DraftMistake:
    """An adopted mistake that is not written yet: its entry, and the file of mistakes with the entry in its text."""

    mistake: Mistake
    entry: str
    file: Path
    text: str


@dataclass
class Proof:
    """What running a draft has shown. A draft with findings must not be written.

    caught_by: names of the checks that catch the mistake with every seed.
    others: number of the other mistakes of the function, whose hints stay as they are.
    passes_public: True if the mistake passes all public checks.
    """

    findings: list[Finding] = field(default_factory=list)
    caught_by: list[str] = field(default_factory=list)
    others: int = 0
    passes_public: bool = False


def draft_mistake(library: Library, function: str, source: str, name: str, hints: Mapping[str, str]) -> DraftMistake:
    """Return the draft of a mistake from the text of a student's file. Raises UsageError, AuthoringErrors."""
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
    """Return a name for an adopted mistake that does not identify the student: adopted_1, adopted_2, ..."""
    names = {mistake.name for mistake in _files_of(library, function).mistakes_of(function)}
    return next(name for number in range(1, len(names) + 2) if (name := f"adopted_{number}") not in names)


def prove_mistake(draft: DraftMistake, library: Library, pool: Pool, seed: int, answer: str) -> Proof:
    """Run a draft in a sandboxed pool.

    `answer` is the fingerprint of the student's answer with `seed`, the seed of the results.
    """
    mistake, files = draft.mistake, _files_of(library, draft.mistake.function)
    checks = files.exercise.checks_of(mistake.function)
    # Leave out mistakes that never return: they explain time-outs only, and the draft returns.
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
    found = "its code alone is not wrong in the same way as the answer: the answer needs more of its file, or is random"
    return Finding(mistake.id, found, "write the mistake by hand (docs/guides/author.md)")
