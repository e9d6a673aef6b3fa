"""Relations between entries at different places: transposed, in another order, only a part, the sum or mean."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np

from grader.core.values import Value
from grader.grading.verdicts.relations.candidate import Candidate
from grader.grading.verdicts.relations.entry_relations import RULE_COST
from grader.grading.verdicts.relations.evidence import Evidence, Numbers, Precision
from grader.grading.verdicts.relations.relation_kinds import Kind, Quantity, Relation
from grader.grading.verdicts.relations.value_leaves import Leaf

NAME_BITS = 6.0
"""Evidence, in bits, of one correct name in a list of names."""


def place_relations(leaf: Leaf) -> Iterator[Candidate]:
    """Yield the relations in which entries are moved, left out, summed or averaged."""
    yours, expected, precision = leaf.yours, leaf.expected, Precision(leaf.single)
    if yours.size == expected.size and np.unique(expected).size > 1:
        yield from _arrangements(yours, expected, precision)
    if yours.ndim == expected.ndim and yours.ndim and 0 < len(yours) < len(expected):
        quantity = Quantity.ROWS if yours.ndim > 1 else Quantity.ITEMS
        for kind, part in ((Kind.FIRST, expected[: len(yours)]), (Kind.LAST, expected[-len(yours) :])):
            if yours.shape == part.shape and precision.equal(yours, part):
                relation = Relation(kind, len(yours), quantity, size=len(expected))
                yield Candidate((kind,), relation, precision.evidence(yours, yours), RULE_COST)
    yield from _reductions(yours, expected, precision)


def _arrangements(yours: Numbers, expected: Numbers, precision: Precision) -> Iterator[Candidate]:
    """Yield the relation if the returned entries are the expected entries in another order or shape."""
    kind, turned, cost = None, expected.T, RULE_COST
    is_matrix = expected.ndim == 2 and min(expected.shape) > 1
    if is_matrix and yours.shape == turned.shape and precision.equal(yours, turned):
        kind = Kind.TRANSPOSED
    elif yours.shape != expected.shape:
        kind = Kind.RESHAPED if precision.equal(yours.ravel(), expected.ravel()) else None
    elif precision.equal(yours, expected[::-1]):
        kind = Kind.REVERSED
    elif precision.equal(np.sort(yours, None), np.sort(expected, None)):
        # The cost is the number of bits needed to choose one of all orders.
        kind, cost = Kind.REORDERED, math.lgamma(yours.size + 1) / math.log(2)
    if kind is not None:
        yield Candidate((kind,), Relation(kind), precision.evidence(yours, yours), cost)


def _reductions(yours: Numbers, expected: Numbers, precision: Precision) -> Iterator[Candidate]:
    """Yield the relation if one of the two values is a number, and it is the sum or the mean of the other value."""
    larger, smaller = (expected, yours) if expected.size > yours.size else (yours, expected)
    if smaller.size != 1 or larger.size == 1 or np.unique(larger).size == 1:
        return
    kinds = (Kind.SUM, Kind.MEAN) if larger is expected else (Kind.UNSUMMED, Kind.UNAVERAGED)
    for kind, reduced in zip(kinds, (np.array(larger.sum()), np.array(larger.mean())), strict=True):
        if precision.equal(reduced, smaller.ravel()):
            yield Candidate((kind,), Relation(kind), precision.evidence(reduced, smaller), RULE_COST)


def name_relations(yours: Value, expected: Value) -> Iterator[Candidate]:
    """Yield the relation if a list of names is the expected list in another order, or its first or last part."""
    if not (isinstance(yours, tuple) and isinstance(expected, tuple) and len(yours) <= len(expected)):
        return
    if not all(isinstance(item, str) for item in (*yours, *expected)) or len(set(expected)) < 2 or not yours:
        return
    evidence = Evidence(len(set(yours)), NAME_BITS * len(set(yours)))
    if len(yours) < len(expected):
        for kind, part in ((Kind.FIRST, expected[: len(yours)]), (Kind.LAST, expected[-len(yours) :])):
            if yours == part:
                relation = Relation(kind, len(yours), Quantity.ITEMS, size=len(expected))
                yield Candidate((kind,), relation, evidence, RULE_COST)
    elif yours == expected[::-1] != expected:
        yield Candidate((Kind.REVERSED,), Relation(Kind.REVERSED), evidence, RULE_COST)
    elif Counter(yours) == Counter(expected) and yours != expected:
        yield Candidate((Kind.REORDERED,), Relation(Kind.REORDERED), evidence, RULE_COST)
