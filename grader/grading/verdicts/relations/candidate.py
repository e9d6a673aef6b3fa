"""`Candidate`: a relation that holds for one observation, with the evidence that it is no accident."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from grader.grading.verdicts.relations.evidence import Evidence
from grader.grading.verdicts.relations.relation_kinds import Relation

Key: TypeAlias = tuple[object, ...]


@dataclass(frozen=True)
class Candidate:
    """A relation that holds for one observation, and that is shown if other observations agree on it.

    key: identifies the rule behind the relation, such as "times the number of rows of x". Candidates of several
        observations have the same key if they follow the same rule, even if the names and sizes in the relation differ.
    evidence: how many bits the agreement of the numbers is worth.
    cost: number of bits needed to choose this rule among all rules. The cost is subtracted once from the sum of the
        evidence of all observations with this key.
    """

    key: Key
    relation: Relation
    evidence: Evidence
    cost: float
