"""Find all relations between one wrong observation and the expected one, each with its evidence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from grader.core.comparison import Tolerance
from grader.core.values import Value
from grader.grading.verdicts.relations.call_facts import CallFacts
from grader.grading.verdicts.relations.candidate import Candidate
from grader.grading.verdicts.relations.entry_relations import entry_relations, float32_relation
from grader.grading.verdicts.relations.place_relations import name_relations, place_relations
from grader.grading.verdicts.relations.value_leaves import wrong_leaves

MAX_NUMBERS = 20_000
"""Maximum number of numbers in the wrong parts of an observation; returned and expected numbers are counted together.
With more numbers, the grader does not search for relations between them."""


def find_candidates(yours: Value, expected: Value, tolerance: Tolerance, facts: CallFacts) -> list[Candidate]:
    """Return all relations that hold for a wrong observation."""
    with np.errstate(all="ignore"):  # numbers of a student may overflow float64
        return list(_search(yours, expected, tolerance, facts))


def _search(yours: Value, expected: Value, tolerance: Tolerance, facts: CallFacts) -> Iterator[Candidate]:
    leaves = wrong_leaves(yours, expected, tolerance)
    if leaves is None:
        yield from name_relations(yours, expected)
    elif leaves and sum(leaf.yours.size + leaf.expected.size for leaf in leaves) <= MAX_NUMBERS:
        if all(leaf.nearly_right for leaf in leaves):
            yield from float32_relation(leaves)
            return
        if all(leaf.yours.shape == leaf.expected.shape for leaf in leaves):
            yield from entry_relations(leaves, facts)
        if len(leaves) == 1:
            yield from place_relations(leaves[0])
