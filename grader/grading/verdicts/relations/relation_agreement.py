"""Which relations are said of a function: those on which at least two observations agree beyond chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from grader.core.comparison import Tolerance
from grader.core.values import Value
from grader.grading.verdicts.relations.call_facts import CallFacts
from grader.grading.verdicts.relations.candidate import Candidate, Key
from grader.grading.verdicts.relations.evidence import Evidence, number_cost, simple_fraction
from grader.grading.verdicts.relations.relation import Kind, Quantity, Relation
from grader.grading.verdicts.relations.relation_search import find_candidates
from grader.grading.verdicts.relations.value_leaves import are_lists, count_wrong_numbers, is_short_tensor

MIN_BITS = 16.0
"""What must speak for a relation, in bits (`evidence`): a chance of 1 in 65 000."""

MIN_OBSERVATIONS = 2
"""Independent observations that agree on a relation, at least."""

MIN_SHARE = 1 / 3
"""Part of the checks with wrong values in which a relation must hold; elsewhere it comes from the inputs of a check."""

MIN_SHARE_OF_VALUES = 1 / 2
"""Part of all wrong values for which a relation of single numbers must hold: two numbers always have some factor."""

MIN_SHARE_OF_LISTS = 3 / 4
"""Part of the wrong lists, and of the tensors with too few rows, that must be the first or last entries of the expected
ones."""

MIN_NUMBERS = 3
"""Numbers of a tensor, at least: if a factor is seen in one check only, every wrong tensor must have it."""

MIN_SIZE_COST = 6.0
"""Bits of a factor that is said to be a size although no other check has another size: 2 and 3 stand in formulas, too,
and many things of an input are 2, 3 or 4."""

FREE_FOR_ONE_NUMBER = (Kind.NEGATIVE, Kind.SQUARED, Kind.ROOT)
"""Relations that single numbers have by accident, as those of a step 0 or 1 do."""

ORDER = list(Kind)

WITHOUT_GRAPH = Candidate((Kind.WITHOUT_GRAPH,), Relation(Kind.WITHOUT_GRAPH), Evidence(1, MIN_BITS / 2), 0.0)


@dataclass(frozen=True)
class WrongObservation:
    """An observation that differs from the expected one, with the facts of the call in its check.

    lacks_graph: True for a gradient that is missing because the returned value, which is right, has no graph.
    """

    check: str
    name: str
    yours: Value
    expected: Value
    tolerance: Tolerance
    facts: CallFacts
    lacks_graph: bool = False


@dataclass
class _Compared:
    """The wrong observations of a function, by their numbers.

    copies: those that repeat an earlier one, and are no evidence of their own.
    comparable: those for which a relation could have been found.
    tensors: those of several numbers.
    """

    observations: Sequence[WrongObservation]
    copies: set[int] = field(default_factory=set)
    comparable: set[int] = field(default_factory=set)
    tensors: set[int] = field(default_factory=set)

    def add(self, number: int, candidates: Sequence[Candidate]) -> None:
        """Record what kind of observation one is."""
        o = self.observations[number]
        count = count_wrong_numbers(o.yours, o.expected, o.tolerance)
        if candidates or count or are_lists(o.yours, o.expected):
            self.comparable.add(number)
        if count >= MIN_NUMBERS:
            self.tensors.add(number)

    def checks(self, numbers: Iterable[int]) -> set[str]:
        """Return the checks of some observations."""
        return {self.observations[number].check for number in numbers}

    def similar(self, number: int) -> int:
        """Return how many observations are lists, or tensors that are too short, if one is such a list or tensor."""
        example = self.observations[number]
        kind = are_lists if are_lists(example.yours, example.expected) else is_short_tensor
        return sum(kind(o.yours, o.expected) for o in self.observations)


@dataclass(frozen=True)
class _Rule:
    """A relation that holds for several observations, by their numbers.

    named: the observations for which it may be said. A size of the first call may fit a later call by accident, so it
        is said only if two observations of the check have it.
    """

    key: Key
    candidates: Mapping[int, Candidate]
    named: Mapping[int, Candidate]

    @property
    def relation(self) -> Relation:
        """The relation as the first observation has it."""
        return next(iter(self.candidates.values())).relation

    @property
    def is_bare(self) -> bool:
        """True for a number whose meaning is not known."""
        return self.relation.kind in (Kind.TIMES, Kind.SHIFTED) and self.relation.quantity == Quantity.NONE

    @property
    def is_size(self) -> bool:
        """True for a number that is a size or a number of the call."""
        return _is_size(self.relation)

    @property
    def meaning(self) -> tuple[object, ...]:
        """What the number is; the sizes of two tensors of one shape mean the same."""
        quantity = self.relation.quantity
        return (quantity, self.relation.number > 1, self.key[2] if quantity == Quantity.VALUE else "")

    @property
    def varies(self) -> bool:
        """True if the number is a size that differs between checks: then it is no constant of a formula."""
        sizes = {candidate.relation.size for candidate in self.candidates.values()}
        return self.relation.kind in (Kind.TIMES, Kind.SHIFTED) and len(sizes) > 1


def find_relations(observations: Sequence[WrongObservation]) -> dict[tuple[str, str], Relation]:
    """Return the relation that is said of each wrong observation of a function, by check and name."""
    found: dict[Key, dict[int, Candidate]] = {}
    first_alike: dict[tuple[str, str], int] = {}
    compared = _Compared(observations)
    for number, o in enumerate(observations):
        if first_alike.setdefault((repr(o.yours), repr(o.expected)), number) != number:
            compared.copies.add(number)
        candidates = _candidates(o)
        compared.add(number, candidates)
        for candidate in candidates:
            found.setdefault(candidate.key, {}).setdefault(number, candidate)
    rules = [_Rule(key, candidates, _named(candidates, observations)) for key, candidates in found.items()]
    rules = [rule for rule in rules if _is_said(rule, compared)]
    said = {}
    for number, o in enumerate(observations):
        holding = [rule for rule in rules if number in rule.named]
        if holding:
            said[o.check, o.name] = _choose(holding).named[number].relation
    return said


def _is_size(relation: Relation) -> bool:
    return relation.kind in (Kind.TIMES, Kind.SHIFTED) and relation.quantity != Quantity.NONE


def _candidates(observation: WrongObservation) -> list[Candidate]:
    if observation.lacks_graph:
        return [WITHOUT_GRAPH]
    o = observation
    return find_candidates(o.yours, o.expected, o.tolerance, o.facts)


def _named(candidates: Mapping[int, Candidate], observations: Sequence[WrongObservation]) -> dict[int, Candidate]:
    """Return the candidates that are certain to be about the first call, if they name a size of it."""
    per_check = Counter(observations[number].check for number in candidates)
    return {
        number: candidate
        for number, candidate in candidates.items()
        if not _is_size(candidate.relation)
        or observations[number].facts.calls == 1
        or per_check[observations[number].check] > 1
    }


def _is_said(rule: _Rule, compared: _Compared) -> bool:
    """Return whether enough independent observations agree on a rule, and not too many disagree."""
    found = {number: candidate for number, candidate in rule.candidates.items() if number not in compared.copies}
    bits = sum(c.evidence.bits for c in found.values()) - max((c.cost for c in found.values()), default=0.0)
    if len(found) < MIN_OBSERVATIONS or bits < MIN_BITS:
        return False
    checks, all_checks = compared.checks(found), compared.checks(compared.comparable)
    if len(checks) < MIN_SHARE * len(all_checks):
        return False
    most_numbers = max(candidate.evidence.numbers for candidate in found.values())
    return not _is_accident(rule, len(rule.candidates), len(checks), most_numbers, compared)


def _is_accident(rule: _Rule, values: int, checks: int, most_numbers: int, compared: _Compared) -> bool:
    """Return whether a rule may hold because of the inputs.

    values, checks: for how many values, in how many checks, it holds.
    most_numbers: most numbers in one of these values.
    """
    kind = rule.relation.kind
    everywhere = values >= MIN_SHARE_OF_VALUES * len(compared.comparable)
    if kind in (Kind.FIRST, Kind.LAST):
        return values < MIN_SHARE_OF_LISTS * compared.similar(min(rule.candidates))
    every_tensor = bool(compared.tensors) and compared.tensors <= rule.candidates.keys()
    if rule.is_size and not rule.varies:
        is_small = number_cost(rule.relation.size) < MIN_SIZE_COST
        if is_small or (checks == 1 and not every_tensor):
            return True
    if rule.is_bare and checks == 1:
        return not (every_tensor and kind == Kind.TIMES and _is_whole(rule.relation.number))
    if kind == Kind.SHIFTED:
        return not everywhere
    return most_numbers == 1 and not everywhere and (rule.is_bare or kind in FREE_FOR_ONE_NUMBER)


def _is_whole(number: float) -> bool:
    """Return whether a number, or its inverse, is a small whole number."""
    fraction = simple_fraction(number)
    return fraction is not None and 1 in (abs(fraction.numerator), fraction.denominator)


def _choose(rules: Sequence[_Rule]) -> _Rule:
    """Return the rule that is said: the one that explains most; of several, the simplest."""
    most = max(len(rule.candidates) for rule in rules)
    best = [rule for rule in rules if len(rule.candidates) == most or rule.varies]
    kind = min((rule.relation.kind for rule in best), key=ORDER.index)
    best = [rule for rule in best if rule.relation.kind == kind]
    meant = [rule for rule in best if not rule.is_bare]
    if varying := [rule for rule in meant if rule.varies]:
        return max(varying, key=lambda rule: len(rule.candidates))
    bare = next((rule for rule in rules if rule.is_bare and rule.relation.kind == kind), None)
    if bare is None:
        return meant[0]
    meanings = {rule.meaning for rule in meant}
    return meant[0] if len(meanings) == 1 else bare
