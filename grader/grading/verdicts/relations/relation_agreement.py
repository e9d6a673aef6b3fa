"""Choose the relations that are shown for a function: those on which several observations agree, beyond chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from grader.core.comparison import Tolerance
from grader.core.values import Value
from grader.grading.verdicts.relations.call_facts import CallFacts
from grader.grading.verdicts.relations.candidate import Candidate, Key
from grader.grading.verdicts.relations.evidence import Evidence, number_cost, simple_fraction
from grader.grading.verdicts.relations.relation_kinds import Kind, Quantity, Relation
from grader.grading.verdicts.relations.relation_search import find_candidates
from grader.grading.verdicts.relations.value_leaves import are_lists, count_wrong_numbers, is_short_tensor

MIN_BITS = 16.0
"""Minimum evidence, in bits, of a relation that is shown: it holds by chance in 1 of 65 000 cases."""

MIN_OBSERVATIONS = 2
"""Minimum number of independent observations that agree on a relation which is shown."""

MIN_SHARE = 1 / 3
"""Minimum fraction of the checks with wrong values in which a relation holds.

A relation that holds in fewer checks may come from special inputs.
"""

MIN_SHARE_OF_VALUES = 1 / 2
"""Minimum fraction of all wrong values for which a relation of single numbers holds.

One pair of numbers proves nothing: any two numbers have some factor.
"""

MIN_SHARE_OF_LISTS = 3 / 4
"""Minimum fraction of the wrong lists, or of the tensors with too few rows, for which FIRST or LAST holds."""

MIN_NUMBERS = 3
"""An observation with at least this many numbers counts as a tensor.

If a factor holds in one check only, it must hold for every tensor.
"""

MIN_SIZE_COST = 6.0
"""Minimum cost, in bits, of a size that may be named as the meaning of a factor although it is the same in all checks.

Cheaper sizes are small numbers. A factor such as 2 or 3 may also be a constant of a formula, and equals a size by
accident, because many inputs have 2, 3 or 4 rows.
"""

OFTEN_ACCIDENTAL = (Kind.NEGATIVE, Kind.SQUARED, Kind.ROOT)
"""Kinds of relations that often hold for single numbers by accident: for example, 0 and 1 equal their squares."""

ORDER = list(Kind)

WITHOUT_GRAPH = Candidate((Kind.WITHOUT_GRAPH,), Relation(Kind.WITHOUT_GRAPH), Evidence(1, MIN_BITS / 2), 0.0)


@dataclass(frozen=True)
class WrongObservation:
    """An observation that differs from the expected one.

    facts: facts of the first call in its check.
    lacks_graph: True if the observation is a missing gradient, and it is missing because the returned value has no
        graph; the value itself is right.
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
    """The wrong observations of a function; the sets hold indices of `observations`.

    copies: observations with the same values as an earlier observation, which are no additional evidence.
    comparable: observations for which a relation could have been found.
    tensors: observations with at least MIN_NUMBERS numbers.
    """

    observations: Sequence[WrongObservation]
    copies: set[int] = field(default_factory=set)
    comparable: set[int] = field(default_factory=set)
    tensors: set[int] = field(default_factory=set)

    def add(self, index: int, candidates: Sequence[Candidate]) -> None:
        """Add the observation with this index to the sets to which it belongs."""
        o = self.observations[index]
        count = count_wrong_numbers(o.yours, o.expected, o.tolerance)
        if candidates or count or are_lists(o.yours, o.expected):
            self.comparable.add(index)
        if count >= MIN_NUMBERS:
            self.tensors.add(index)

    def checks(self, indices: Iterable[int]) -> set[str]:
        """Return the checks of the observations with these indices."""
        return {self.observations[index].check for index in indices}

    def similar(self, index: int) -> int:
        """Return the number of lists if this observation is a list; else the number of tensors with too few rows."""
        example = self.observations[index]
        kind = are_lists if are_lists(example.yours, example.expected) else is_short_tensor
        return sum(kind(o.yours, o.expected) for o in self.observations)


@dataclass(frozen=True)
class _Rule:
    """A relation that holds for several observations.

    candidates: index of an observation -> the relation as this observation has it.
    showable: the candidates that may be shown. Only the first call of a check is recorded. A size of this call may fit
        the value of a later call by accident. So a candidate with a size is shown only if the check has a single call,
        or if the relation holds for two observations of the check.
    """

    key: Key
    candidates: Mapping[int, Candidate]
    showable: Mapping[int, Candidate]

    @property
    def relation(self) -> Relation:
        """The relation as the first of the observations has it."""
        return next(iter(self.candidates.values())).relation

    @property
    def is_bare(self) -> bool:
        """True if the relation is a factor or a shift, and no size or number of the call equals it."""
        return self.relation.kind in (Kind.TIMES, Kind.SHIFTED) and self.relation.quantity == Quantity.NONE

    @property
    def is_size(self) -> bool:
        """True if the relation is a factor or a shift that equals a size or a number of the call."""
        return _is_size(self.relation)

    @property
    def meaning(self) -> tuple[object, ...]:
        """A key for the meaning of the number, such as its quantity; equal for the same quantity of several tensors."""
        quantity = self.relation.quantity
        return (quantity, self.relation.number > 1, self.key[2] if quantity == Quantity.VALUE else "")

    @property
    def varies(self) -> bool:
        """True if the number is a size that differs between checks.

        If so, the number cannot be a constant of a formula.
        """
        sizes = {candidate.relation.size for candidate in self.candidates.values()}
        return self.relation.kind in (Kind.TIMES, Kind.SHIFTED) and len(sizes) > 1


def find_relations(observations: Sequence[WrongObservation]) -> dict[tuple[str, str], Relation]:
    """Return the relation that is shown for each wrong observation of a function, by check id and observation name."""
    found: dict[Key, dict[int, Candidate]] = {}
    first_alike: dict[tuple[str, str], int] = {}
    compared = _Compared(observations)
    for index, o in enumerate(observations):
        if first_alike.setdefault((repr(o.yours), repr(o.expected)), index) != index:
            compared.copies.add(index)
        candidates = _candidates(o)
        compared.add(index, candidates)
        for candidate in candidates:
            found.setdefault(candidate.key, {}).setdefault(index, candidate)
    rules = [_Rule(key, candidates, _showable(candidates, observations)) for key, candidates in found.items()]
    rules = [rule for rule in rules if _is_agreed(rule, compared)]
    shown = {}
    for index, o in enumerate(observations):
        holding = [rule for rule in rules if index in rule.showable]
        if holding:
            shown[o.check, o.name] = _choose(holding).showable[index].relation
    return shown


def _is_size(relation: Relation) -> bool:
    return relation.kind in (Kind.TIMES, Kind.SHIFTED) and relation.quantity != Quantity.NONE


def _candidates(observation: WrongObservation) -> list[Candidate]:
    if observation.lacks_graph:
        return [WITHOUT_GRAPH]
    o = observation
    return find_candidates(o.yours, o.expected, o.tolerance, o.facts)


def _showable(candidates: Mapping[int, Candidate], observations: Sequence[WrongObservation]) -> dict[int, Candidate]:
    """Return the candidates that may be shown (see `_Rule.showable`)."""
    per_check = Counter(observations[index].check for index in candidates)
    return {
        index: candidate
        for index, candidate in candidates.items()
        if not _is_size(candidate.relation)
        or observations[index].facts.calls == 1
        or per_check[observations[index].check] > 1
    }


def _is_agreed(rule: _Rule, compared: _Compared) -> bool:
    """Return whether enough independent observations agree on a rule, and it is probably no accident."""
    found = {index: candidate for index, candidate in rule.candidates.items() if index not in compared.copies}
    bits = sum(c.evidence.bits for c in found.values()) - max((c.cost for c in found.values()), default=0.0)
    if len(found) < MIN_OBSERVATIONS or bits < MIN_BITS:
        return False
    checks, all_checks = compared.checks(found), compared.checks(compared.comparable)
    if len(checks) < MIN_SHARE * len(all_checks):
        return False
    most_numbers = max(candidate.evidence.numbers for candidate in found.values())
    return not _is_accident(rule, len(rule.candidates), len(checks), most_numbers, compared)


def _is_accident(rule: _Rule, values: int, checks: int, most_numbers: int, compared: _Compared) -> bool:
    """Return whether a rule may hold only because of the inputs of the checks.

    values: the number of observations for which the rule holds.
    checks: the number of checks in which it holds.
    most_numbers: the largest number of correctly predicted numbers in one of these observations.
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
    return most_numbers == 1 and not everywhere and (rule.is_bare or kind in OFTEN_ACCIDENTAL)


def _is_whole(number: float) -> bool:
    """Return whether a number is a small whole number, or 1 divided by a small whole number."""
    fraction = simple_fraction(number)
    return fraction is not None and 1 in (abs(fraction.numerator), fraction.denominator)


def _choose(rules: Sequence[_Rule]) -> _Rule:
    """Return the rule that is shown: the simplest of those that hold for the most observations or whose size varies."""
    most = max(len(rule.candidates) for rule in rules)
    best = [rule for rule in rules if len(rule.candidates) == most or rule.varies]
    kind = min((rule.relation.kind for rule in best), key=ORDER.index)
    best = [rule for rule in best if rule.relation.kind == kind]
    with_meaning = [rule for rule in best if not rule.is_bare]
    if varying := [rule for rule in with_meaning if rule.varies]:
        return max(varying, key=lambda rule: len(rule.candidates))
    bare = next((rule for rule in rules if rule.is_bare and rule.relation.kind == kind), None)
    if bare is None:
        return with_meaning[0]
    meanings = {rule.meaning for rule in with_meaning}
    return with_meaning[0] if len(meanings) == 1 else bare
