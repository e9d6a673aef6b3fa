"""`Candidate`: a relation that holds for one observation, with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from grader.grading.verdicts.relations.evidence import Evidence
from grader.grading.verdicts.relations.relation import Relation

Key: TypeAlias = tuple[object, ...]


@dataclass(frozen=True)
class Candidate:
    """A relation that holds for one observation.

    key: equal for candidates of several observations that follow one rule, even if names and sizes differ.
    cost: bits that it takes to name the rule; they are subtracted once from the evidence of all observations.
    """

    key: Key
    relation: Relation
    evidence: Evidence
    cost: float
