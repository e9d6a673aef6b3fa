"""List every relation that the grader shows for a known mistake or a mutant, with its edit, for a person to read.

    python -m tests.bench.relations [EXERCISE ...]

An edit is the change that makes a known mistake or a mutant of the solution. Each edit runs with a secret seed on all
checks, as in grading, and with the public seed on the public checks, as in the self-check. A relation is true of an
edit if the changed code explains it, for example if the factor is in the code. A person has found that the relations in
RESTS_ON_INPUT are not true of their edits: they hold only for the inputs of the checks.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msgspec.structs import replace as replace_struct

from grader.authoring.examination.mutants import mutants_of
from grader.core.outcomes import Outcome
from grader.course.library import ExerciseFiles, Library, open_library
from grader.execution.guest.call_recording.recorded_call import RecordedCall, decode_display
from grader.execution.guest.default_limits import MEMORY_LIMIT
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.job_run import JobResult
from grader.execution.host.pool import Executor, make_sandboxed_pool, submit_together
from grader.experiments.declaration import PUBLIC_SEED, Check
from grader.grading.verdicts.relations.relation_kinds import Relation
from grader.grading.verdicts.relations.relation_text import relation_text
from grader.grading.verdicts.verdict import decide
from grader.grading.verdicts.verdict_relations import add_relations
from tests.tools import ROOT

SECRET_SEED = 7
TIME_LIMIT, MUTANT_LIMIT = 5.0, 0.15
SHOWN_LINES = 12
"""Maximum number of lines of an edit that are shown."""

RESTS_ON_INPUT = {
    ("fit_with_early_stopping__only_improvements_recorded", "first"): "the epochs that improve happen to be the first",
    ("make_optimizer__only_with_gradient", "first"): "the parameters with a gradient happen to be the first",
    ("make_optimizer__only_with_gradient_if_any", "first"): "the parameters with a gradient happen to be the first",
}
"""Relations that are not true of their edits: {(edit, kind of the relation): the reason why it is not true}."""


@dataclass(frozen=True)
class Edit:
    """A wrong answer: its id or description, its source, the changed lines, and the time limit in seconds."""

    name: str
    source: str
    lines: tuple[str, ...] = ()
    limit: float = TIME_LIMIT


@dataclass(frozen=True)
class Said:
    """A relation that the grader shows for an edit, with the seed and the observations in which it holds."""

    relation: Relation
    seed: int
    observations: list[str]

    @property
    def rule(self) -> Relation:
        """The relation without the numbers and names that differ between checks."""
        sized = self.relation.quantity != ""
        number = 1.0 if sized else float(f"{self.relation.number:.4g}")
        change = "change" if self.relation.change else ""
        return replace_struct(self.relation, argument="", change=change, some=False, number=number, size=0.0)


def edits_of(files: ExerciseFiles, function: str) -> Iterator[Edit]:
    """Yield the known mistakes of a function that return a value, and the mutants of its solution."""
    solution = files.solution.splitlines()
    for mistake in files.mistakes_of(function):
        if not mistake.fatal_outcome:
            changed = difflib.unified_diff(solution, mistake.source.splitlines(), n=0, lineterm="")
            lines = tuple(line for line in changed if line[:1] in "+-" and line[:3] not in ("+++", "---"))
            yield Edit(mistake.id, mistake.source, lines)
    for mutant in mutants_of(files.solution, function):
        yield Edit(f"{function}: {mutant.change}", mutant.source, limit=MUTANT_LIMIT)


def said_of(
    checks: list[Check],
    outcomes: Mapping[tuple[str, int], Outcome],
    references: Mapping[tuple[str, int], Outcome],
    calls: Mapping[tuple[str, int], RecordedCall],
) -> Iterator[Said]:
    """Yield the relations that the grader shows for one answer. Equal relations of several checks are joined."""
    for seed in (SECRET_SEED, PUBLIC_SEED):
        shown = [check for check in checks if (check.id, seed) in outcomes and not (check.hidden and not seed)]
        expected = {check.id: references[check.id, seed] for check in shown}
        first_calls = {check.id: calls[check.id, seed] for check in shown if (check.id, seed) in calls}
        verdicts = [decide(check, outcomes[check.id, seed], expected[check.id]) for check in shown]
        found: dict[Relation, Said] = {}
        for verdict in add_relations(verdicts, expected, first_calls):
            for name, relation in verdict.relations.items():
                said = Said(relation, seed, [])
                found.setdefault(said.rule, said).observations.append(f"{verdict.check.name}: {name}")
        yield from found.values()


def examine(library: Library, pool: Executor, exercise: str) -> Iterator[tuple[Edit, list[Said]]]:
    """Run all edits of an exercise; yield each edit with the relations that the grader shows for it."""
    files = library.exercise_files[exercise]
    for function in files.exercise.points:
        checks, edits = files.exercise.checks_of(function), list(edits_of(files, function))
        requests = tuple(CheckRequest(function, c.id, seed) for seed in (PUBLIC_SEED, SECRET_SEED) for c in checks)
        solution = Job(((files.file, files.solution.encode()),), {function: exercise}, requests, TIME_LIMIT)
        jobs = [replace_struct(solution, files=((files.file, e.source.encode()),), time_limit=e.limit) for e in edits]
        (reference,) = submit_together(pool, [replace_struct(solution, record_calls=True)], 1)
        results, right = submit_together(pool, jobs, 16), reference()
        for edit, result in zip(edits, results, strict=True):
            yield edit, list(said_of(checks, result().outcomes, right.outcomes, _calls(right)))


def _calls(result: JobResult) -> dict[tuple[str, int], RecordedCall]:
    shown = {key: decode_display(display).call for key, display in result.displays.items()}
    return {key: call for key, call in shown.items() if call}


def main() -> None:
    """Print the relations of all edits, then their number, and those relations that are not true of their edits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exercises", nargs="*")
    library, write = open_library(ROOT), sys.stdout.write
    edits = with_relation = 0
    rules: dict[tuple[str, str], set[Relation]] = {}
    with make_sandboxed_pool(library.experiment_files, 1, "none", MEMORY_LIMIT, TIME_LIMIT) as pool:
        for exercise in parser.parse_args().exercises or list(library.exercise_files):
            for edit, found in examine(library, pool, exercise):
                edits, with_relation = edits + 1, with_relation + bool(found)
                if found:
                    write("\n".join([f"\n{edit.name}", *(f"    {line}" for line in edit.lines[:SHOWN_LINES]), ""]))
                for said in found:
                    kind = "public" if said.seed == PUBLIC_SEED else "secret"
                    text = relation_text(said.relation, "en")
                    places = f"{len(said.observations)} values, first {said.observations[0]}"
                    write(f"  {kind}: {text}  ({places})\n")
                    rules.setdefault((edit.name, said.relation.kind.value), set()).add(said.rule)
    total = sum(map(len, rules.values()))
    wrong = {key: why for key, why in RESTS_ON_INPUT.items() if key in rules}
    untrue = sum(len(rules[key]) for key in wrong)
    write(f"\n{edits} edits, {with_relation} with a relation; {total} relations, {total - untrue} true of the edit\n")
    for (name, kind), why in wrong.items():
        write(f"  not true: {name}, {kind}: {why}\n")


if __name__ == "__main__":
    main()
