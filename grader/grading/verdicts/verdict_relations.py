"""Add relations to the verdicts on a function: how its wrong values relate to the expected values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from grader.core.outcomes import Observed, Outcome
from grader.core.values import NO_GRAPH, Array
from grader.execution.guest.call_recording.recorded_call import RecordedCall
from grader.grading.verdicts.relations.call_facts import call_facts
from grader.grading.verdicts.relations.relation_agreement import WrongObservation, find_relations
from grader.grading.verdicts.relations.relation_kinds import Relation
from grader.grading.verdicts.verdict import Verdict


def add_relations(
    verdicts: Sequence[Verdict], references: Mapping[str, Outcome], calls: Mapping[str, RecordedCall]
) -> list[Verdict]:
    """Return the verdicts on all checks of one function, with `relations` filled in.

    references: check id -> outcome of the solution.
    calls: check id -> first call of the function. In a check without a recorded call, wrong values are compared with
        the expected values only, not with arguments.
    """
    wrong = [o for verdict in verdicts for o in wrong_observations(verdict, references, calls.get(verdict.check.id))]
    if not wrong:
        return list(verdicts)
    found: dict[str, dict[str, Relation]] = {}
    for (check, name), relation in find_relations(wrong).items():
        found.setdefault(check, {})[name] = relation
    return [replace(v, relations=found[v.check.id]) if v.check.id in found else v for v in verdicts]


def wrong_observations(
    verdict: Verdict, references: Mapping[str, Outcome], call: RecordedCall | None
) -> Iterator[WrongObservation]:
    """Yield the wrong observations of a failed check for which both a returned and an expected value exist."""
    reference = references.get(verdict.check.id)
    if not (verdict.differences and isinstance(verdict.outcome, Observed) and isinstance(reference, Observed)):
        return
    yours, expected, tolerance = verdict.outcome.values, reference.values, verdict.check.tolerance
    numbers = {name for name, value in expected.items() if isinstance(value, Array | float)}
    lost = {name for name in numbers & yours.keys() if yours[name] == NO_GRAPH}
    value_right = bool(numbers - lost) and not (numbers - lost) & verdict.wrong
    facts = call_facts(call)
    for difference in verdict.differences:
        name = difference.name
        if name in yours and name in expected and name not in tolerance.at_most:
            yield WrongObservation(
                verdict.check.id, name, yours[name], expected[name], tolerance, facts, value_right and name in lost
            )
