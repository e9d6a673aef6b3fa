"""Relations between returned and expected entries at the same place: factor, negative, shift, argument, float32."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from grader.grading.verdicts.relations.call_facts import CallFacts, Size
from grader.grading.verdicts.relations.candidate import Candidate, Key
from grader.grading.verdicts.relations.evidence import (
    MAX_BITS,
    Evidence,
    Numbers,
    Precision,
    number_cost,
    significant_bits,
    simple_fraction,
)
from grader.grading.verdicts.relations.relation_kinds import Kind, Quantity, Relation
from grader.grading.verdicts.relations.value_leaves import Leaf

MIN_DISTANCE = 1e-3
"""A factor closer than this to 0 or 1 comes from rounding errors, so it explains nothing."""

CONSTANT_BITS = 12.0
"""Evidence, in bits, for the relation ZERO: all entries of a tensor are zero."""

RULE_COST = 3.0
"""Cost, in bits, of a rule without a number, such as "the negative"; `Candidate.cost` explains costs."""

SAME_SIZE = 1e-7
"""A factor and a size of the call count as equal up to this relative distance."""

FLOAT32_DIGITS = 24
"""Number of significant binary digits of a float32 number."""


@dataclass(frozen=True)
class Entries:
    """Returned and expected numbers, which are compared one by one.

    some: True if these are only the wrong entries of an observation; False if they are all entries.
    change: name of the argument whose value before the call was subtracted from both `yours` and `expected`, or "".
    cost: number of bits needed to choose that argument among all arguments.
    counts: True if whole numbers are expected.
    """

    yours: Numbers
    expected: Numbers
    precision: Precision
    some: bool = False
    change: str = ""
    cost: float = 0.0
    counts: bool = False

    def relation(self, kind: Kind, number: float = 1.0, size: Size | None = None) -> Relation:
        """Return a relation of these entries.

        `size`: the size of an argument that equals `number`; None if no size does.
        """
        if size is None:
            return Relation(kind, number, change=self.change, some=self.some)
        return Relation(kind, number, size.quantity, size.argument, size.number, self.change, self.some)


def entry_relations(leaves: Sequence[Leaf], facts: CallFacts) -> Iterator[Candidate]:
    """Yield the relations between returned and expected entries. In each leaf, both must have the same shape."""
    yours = np.concatenate([leaf.yours.ravel() for leaf in leaves])
    expected = np.concatenate([leaf.expected.ravel() for leaf in leaves])
    wrong = np.concatenate([leaf.wrong.ravel() for leaf in leaves])
    single = any(leaf.single for leaf in leaves)
    if not wrong.any():  # only a dtype is wrong
        return
    counts = any(leaf.counts for leaf in leaves)
    everything = Entries(yours, expected, Precision(single), counts=counts)
    found = list(_multiples(everything, facts))
    if not wrong.all():
        some = Entries(yours[wrong], expected[wrong], Precision(single), some=True, counts=counts)
        keys = {candidate.key for candidate in found}
        found += [candidate for candidate in _multiples(some, facts) if candidate.key not in keys]
    yield from found
    yield from _powers(everything)
    scale = float(np.abs(np.concatenate([yours, expected])).max())
    yield from _shifts(Entries(yours, expected, Precision(single, scale)), facts)
    if len(leaves) == 1:
        yield from _inputs(leaves[0], facts)
        yield from _changes(leaves[0], facts)


def _multiples(entries: Entries, facts: CallFacts) -> Iterator[Candidate]:
    """Yield the relations in which each returned entry is zero, the negative or a multiple of the expected entry."""
    yours, expected, precision = entries.yours, entries.expected, entries.precision
    if not expected.any():
        return
    if not yours.any():
        # Without this condition, the relation would only repeat the text "returned 0".
        if not entries.change and not entries.counts and yours.size > 1:
            yield Candidate((Kind.ZERO,), entries.relation(Kind.ZERO), Evidence(1, CONSTANT_BITS), 0.0)
        return
    largest = int(np.abs(expected).argmax())
    factor = float(yours[largest]) / float(expected[largest])
    if not math.isfinite(factor) or min(abs(factor), abs(factor - 1)) < MIN_DISTANCE:
        return
    if not precision.equal(yours, factor * expected):
        return
    evidence = precision.evidence(yours, expected)
    if precision.equal(yours, -expected):
        key: Key = (Kind.NEGATIVE, bool(entries.change))
        yield Candidate(key, entries.relation(Kind.NEGATIVE), evidence, RULE_COST + entries.cost)
    else:
        yield from _factors(entries, factor, evidence, facts)


def _factors(entries: Entries, factor: float, evidence: Evidence, facts: CallFacts) -> Iterator[Candidate]:
    """Yield the relation with a factor, and one more for each size of the call that equals it or its inverse."""
    changed, cost, fraction = bool(entries.change), entries.cost, simple_fraction(factor)
    factor = float(f"{factor:.10g}") if fraction is None else float(fraction)  # without rounding errors
    key: Key = (Kind.TIMES, changed, float(f"{factor:.7g}"))
    yield Candidate(key, entries.relation(Kind.TIMES, factor), evidence, number_cost(factor) + cost)
    for size in facts.sizes:
        for inverse in (False, True):
            value = 1 / size.number if inverse else size.number
            if abs(factor - value) <= SAME_SIZE * abs(value):
                key = (Kind.TIMES, changed, size.parameter, size.quantity, inverse)
                size_cost = math.log2(2 * len(facts.sizes)) + cost
                yield Candidate(key, entries.relation(Kind.TIMES, factor, size), evidence, size_cost)


def _powers(entries: Entries) -> Iterator[Candidate]:
    """Yield the relation if each returned entry is the square, or the square root, of the expected entry."""
    yours, expected, precision = entries.yours, entries.expected, entries.precision
    kind = None
    if precision.equal(yours, expected**2):
        kind = Kind.SQUARED
    elif (expected >= 0).all() and precision.equal(yours, np.sqrt(expected)):
        kind = Kind.ROOT
    if kind is not None:
        yield Candidate((kind,), Relation(kind), precision.evidence(yours, expected), RULE_COST)


def _shifts(entries: Entries, facts: CallFacts) -> Iterator[Candidate]:
    """Yield the relation if all returned entries differ from the expected entries by the same constant."""
    yours, expected = entries.yours, entries.expected
    shifts = yours - expected
    shift = float(shifts[0])
    if shift == 0 or not math.isfinite(shift) or entries.precision.hides(abs(shift)):
        return
    if not entries.precision.equal(shifts, np.full_like(shifts, shift)):
        return
    _, firsts = np.unique(expected, return_index=True)
    digits = np.minimum(significant_bits(yours[firsts]), significant_bits(expected[firsts]))
    evidence = Evidence(len(firsts), float(np.minimum(digits, MAX_BITS).sum()))
    bare = entries.relation(Kind.SHIFTED, shift)
    yield Candidate((Kind.SHIFTED, float(f"{shift:.7g}")), bare, evidence, number_cost(shift))
    for size in facts.sizes:
        if size.quantity == Quantity.VALUE and abs(abs(shift) - abs(size.number)) <= SAME_SIZE * abs(shift):
            key = (Kind.SHIFTED, size.parameter, size.quantity, shift * size.number > 0)
            cost = math.log2(2 * len(facts.sizes))
            yield Candidate(key, entries.relation(Kind.SHIFTED, shift, size), evidence, cost)


def _inputs(leaf: Leaf, facts: CallFacts) -> Iterator[Candidate]:
    """Yield a relation for each argument whose value before the call is equal to the returned value."""
    precision = Precision(leaf.single)
    for before in facts.before:
        same_shape = before.numbers.shape == leaf.yours.shape
        if same_shape and before.numbers.any() and precision.equal(leaf.yours, before.numbers):
            relation = Relation(Kind.INPUT, argument=before.argument)
            evidence = precision.evidence(leaf.yours, before.numbers)
            yield Candidate((Kind.INPUT, before.parameter), relation, evidence, math.log2(2 * len(facts.before)))


def _changes(leaf: Leaf, facts: CallFacts) -> Iterator[Candidate]:
    """Yield the relations between the change of an argument during the call and its expected change."""
    for before in facts.before:
        same_shape = before.numbers.shape == leaf.expected.shape
        if not same_shape or before.is_gradient or not before.numbers.any():
            continue
        scale = max(float(np.abs(x).max()) for x in (leaf.yours, leaf.expected, before.numbers))
        entries = Entries(
            (leaf.yours - before.numbers).ravel(),
            (leaf.expected - before.numbers).ravel(),
            Precision(leaf.single, scale),
            change=before.argument,
            cost=math.log2(2 * len(facts.before)),
        )
        hidden = entries.precision.hides(float(np.abs(entries.expected).max()))
        # If all entries should change by the same number, a common factor is no evidence.
        if not hidden and not entries.precision.are_same(entries.expected):
            yield from _multiples(entries, facts)


def float32_relation(leaves: Sequence[Leaf]) -> Iterator[Candidate]:
    """Yield the relation FLOAT32 if float64 is expected, and all returned numbers are float32 numbers."""
    bits, numbers = 0.0, 0
    for leaf in leaves:
        if not leaf.expects_float64 or not (leaf.yours.astype(np.float32).astype(np.float64) == leaf.yours).all():
            return
        digits = significant_bits(leaf.expected.ravel()) - FLOAT32_DIGITS
        bits, numbers = bits + float(np.clip(digits, 0, MAX_BITS).sum()), numbers + int((digits > 0).sum())
    if bits:
        yield Candidate((Kind.FLOAT32,), Relation(Kind.FLOAT32), Evidence(numbers, bits), RULE_COST)
