"""Propose a mistake for each check that catches no known mistake: a wrong answer that the check does catch.

The wrong answers are the mutants of the solution and the trivial answers. An answer with wrong observations is
preferred to one that raises an exception. A mutant is preferred to a trivial answer, because students are more likely
to write a mutant. The proposal is an entry for solutions/mistakes/EXERCISE.toml. The entry has the placeholder of
`grader new` in place of a hint, so the doctor asks the author for a hint.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.authoring.adoption.answer_code import AnswerCode, normalized
from grader.authoring.adoption.mistake_entry import make_entry
from grader.authoring.doctor_report import Finding
from grader.authoring.examination.function_examination import FunctionExamination
from grader.authoring.examination.mistake_examination import MIN_WRONG_DISTANCE
from grader.authoring.examination.mutants import mutants_of
from grader.authoring.examination.source_runner import MUTANT_LIMIT, Outcomes, PendingResult, SourceRunner
from grader.authoring.examination.trivial_answers import TRIVIAL_ANSWERS, trivial_answer
from grader.authoring.exercise_template import PLACEHOLDERS
from grader.core.outcomes import NotAttempted, Observed, TimedOut
from grader.course.library import ExerciseFiles
from grader.experiments.declaration import Check
from grader.grading.verdicts.verdict import decide, distance


@dataclass(frozen=True)
class WrongAnswer:
    """A wrong answer to a function: its description, the source of its file, and whether it is a trivial answer."""

    description: str
    source: str
    is_trivial: bool


@dataclass(frozen=True)
class Proposal:
    """A wrong answer that a check catches with every seed: its description, and its entry for the file of mistakes."""

    description: str
    entry: str


def find_useless(runner: SourceRunner, examination: FunctionExamination) -> Iterator[Finding]:
    """Yield a finding about each check that catches no known mistake, with a wrong answer that it does catch.

    examination: the examination of the function, after its method `compare`.
    """
    files = runner.files_of(examination.function)
    proposals = CheckProposals(runner, files, examination.function, examination.reference)
    for check in examination.useless_checks:
        found = "it catches no known mistake"
        if proposal := proposals.propose(check):
            file = f"solutions/mistakes/{files.exercise.name}.toml"
            cure = f"write a hint, and add this mistake to {file}, or remove the check"
            found += f", but it catches this answer: {proposal.description}"
            yield Finding(check.id, found, cure, proposal.entry)
        else:
            found += f", and none of {proposals.tried()} other wrong answers that were tried: it may prove nothing"
            yield Finding(check.id, found, "add the mistake that it should catch, or remove the check")


class CheckProposals:
    """Finds wrong answers for the checks of one function.

    The wrong answers run only when `propose` is called for the first time, because most functions need no proposal.

    reference: the outcomes of the solution with all seeds.
    """

    def __init__(self, runner: SourceRunner, files: ExerciseFiles, function: str, reference: Outcomes) -> None:
        self._runner, self._files, self._function, self._reference = runner, files, function, reference
        self._checks = files.exercise.checks_of(function)
        self._tried: list[tuple[WrongAnswer, PendingResult]] | None = None
        self._proposed: set[str] = set()

    def propose(self, check: Check) -> Proposal | None:
        """Return a wrong answer that a check catches with every seed; None if there is no such answer.

        An answer that was not proposed for another check is preferred, then an answer that few checks catch.
        """
        outcomes = [(answer, result().outcomes) for answer, result in self._run()]
        caught = [(answer, found) for answer, found in outcomes if self._catches(check, found)]
        new = [(answer, found) for answer, found in caught if answer.source not in self._proposed]
        if not caught:
            return None
        chosen, _ = min(new or caught, key=lambda tried: self._rank(check, *tried))
        self._proposed.add(chosen.source)
        return Proposal(chosen.description, self._entry(check, chosen))

    def tried(self) -> int:
        """Return how many wrong answers were tried."""
        return len(self._run())

    def _run(self) -> list[tuple[WrongAnswer, PendingResult]]:
        if self._tried is None:
            answers = list(_wrong_answers(self._files, self._function))
            sources = [answer.source for answer in answers]
            results = self._runner.run(self._files, self._function, sources, self._runner.seeds, MUTANT_LIMIT)
            self._tried = list(zip(answers, results, strict=True))
        return self._tried

    def _catches(self, check: Check, outcomes: Outcomes) -> bool:
        """Return whether a check catches an answer with every seed, by MIN_WRONG_DISTANCE, and not by a time-out."""
        for seed in self._runner.seeds:
            outcome = outcomes[check.id, seed]
            if isinstance(outcome, NotAttempted | TimedOut):
                return False
            if distance(decide(check, outcome, self._reference[check.id, seed])) < MIN_WRONG_DISTANCE:
                return False  # the answer passes, or might pass on another machine
        return True

    def _rank(self, check: Check, answer: WrongAnswer, outcomes: Outcomes) -> tuple[bool, bool, int]:
        """Return a sort key: the smallest key belongs to the best proposal for a check.

        An answer with wrong observations comes before an answer that raises an exception, because every check catches
        an exception. Among answers that are equal in this, a mutant comes before a trivial answer; after that, an
        answer that few checks catch comes first.
        """
        raises = not isinstance(outcomes[check.id, self._runner.seeds[0]], Observed)
        return raises, answer.is_trivial, sum(self._catches(other, outcomes) for other in self._checks)

    def _entry(self, check: Check, answer: WrongAnswer) -> str:
        nodes = ast.parse(answer.source).body
        function = next(n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == self._function)
        languages = self._files.exercise.languages
        hints = {language: PLACEHOLDERS.mistake_hint.in_(language) for language in languages}
        name = _free_name(f"caught_by_{check.name}", [m.name for m in self._files.mistakes_of(self._function)])
        return make_entry(name, hints, AnswerCode(normalized(function), ()), self._files.solution, origin="")


def _wrong_answers(files: ExerciseFiles, function: str) -> Iterator[WrongAnswer]:
    for mutant in mutants_of(files.solution, function):
        yield WrongAnswer(mutant.change, mutant.source, is_trivial=False)
    for description, body in TRIVIAL_ANSWERS.items():
        yield WrongAnswer(description, trivial_answer(function, body), is_trivial=True)


def _free_name(name: str, taken: Sequence[str]) -> str:
    """Return the name; if it is taken, return it with a number at its end."""
    numbered = (name if n == 1 else f"{name}_{n}" for n in range(1, len(taken) + 2))
    return next(candidate for candidate in numbered if candidate not in taken)
