"""Put relations into words, such as "4 times the expected value; output has 4 columns"."""

from __future__ import annotations

from collections.abc import Callable

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.grading.verdicts.relations.evidence import simple_fraction
from grader.grading.verdicts.relations.relation_kinds import Kind, Quantity, Relation

Translate = Callable[[str], str]


def relation_text(relation: Relation, language: str) -> str:
    """Return the text of a relation in the given language."""
    tr = translator(language)
    text = _text(relation, tr)
    meaning = _meaning(relation, tr)
    return tr("{relation}; {meaning}").format(relation=text, meaning=meaning) if meaning else text


def _text(relation: Relation, tr: Translate) -> str:
    name, number = visible(relation.argument), f"{relation.number:.6g}"
    match relation.kind:
        case Kind.TIMES:
            return _factor_text(relation, tr)
        case Kind.NEGATIVE:
            words = _of_entries(
                relation,
                tr("the negative of the expected value"),
                tr("each wrong entry is the negative of the expected one"),
                tr("the change of {name} is the negative of the expected one"),
            )
            return words.format(name=visible(relation.change))
        case Kind.ZERO:
            return _of_entries(relation, tr("zero everywhere"), tr("each wrong entry is zero"), "")
        case Kind.SHIFTED:
            words = tr("{number} more than expected") if relation.number > 0 else tr("{number} less than expected")
            return words.format(number=f"{abs(relation.number):.6g}")
        case Kind.INPUT:
            return tr("equal to {name} before the call").format(name=name)
        case Kind.FIRST | Kind.LAST:
            words = {
                (Kind.FIRST, Quantity.ROWS): tr("only the first {number} of {size} expected rows"),
                (Kind.LAST, Quantity.ROWS): tr("only the last {number} of {size} expected rows"),
                (Kind.FIRST, Quantity.ITEMS): tr("only the first {number} of {size} expected entries"),
                (Kind.LAST, Quantity.ITEMS): tr("only the last {number} of {size} expected entries"),
            }[relation.kind, relation.quantity]
            return words.format(number=number, size=f"{relation.size:.0f}")
    return {
        Kind.WITHOUT_GRAPH: tr("the value is right, but no graph leads back from it"),
        Kind.RESHAPED: tr("the expected numbers in another shape"),
        Kind.TRANSPOSED: tr("the expected value, transposed"),
        Kind.REVERSED: tr("the expected entries in reverse order"),
        Kind.REORDERED: tr("the expected entries in another order"),
        Kind.SUM: tr("the sum of the expected entries"),
        Kind.MEAN: tr("the mean of the expected entries"),
        Kind.UNSUMMED: tr("the sum of its entries is the expected value"),
        Kind.UNAVERAGED: tr("the mean of its entries is the expected value"),
        Kind.SQUARED: tr("the square of the expected value"),
        Kind.ROOT: tr("the square root of the expected value"),
        Kind.FLOAT32: tr("right only to the precision of float32"),
    }[relation.kind]


def _factor_text(relation: Relation, tr: Translate) -> str:
    fraction = simple_fraction(relation.number)
    if fraction is not None and fraction.denominator > 1:
        words = _of_entries(
            relation,
            tr("{factor} of the expected value"),
            tr("each wrong entry is {factor} of the expected one"),
            tr("the change of {name} is {factor} of the expected one"),
        )
        return words.format(factor=str(fraction), name=visible(relation.change))
    words = _of_entries(
        relation,
        tr("{factor} times the expected value"),
        tr("each wrong entry is {factor} times the expected one"),
        tr("the change of {name} is {factor} times the expected one"),
    )
    return words.format(factor=f"{relation.number:.6g}", name=visible(relation.change))


def _of_entries(relation: Relation, all_of_it: str, some_of_it: str, change: str) -> str:
    """Choose one of three texts: a relation holds for all entries, for the wrong entries, or for a change."""
    if relation.change:
        return change
    return some_of_it if relation.some else all_of_it


def _meaning(relation: Relation, tr: Translate) -> str:
    """Return what the number of a relation means, such as "output has 4 columns"; empty if nothing is known."""
    if relation.kind not in (Kind.TIMES, Kind.SHIFTED) or relation.quantity == Quantity.NONE:
        return ""
    words = {
        Quantity.ROWS: tr("{name} has {size} rows"),
        Quantity.COLUMNS: tr("{name} has {size} columns"),
        Quantity.ELEMENTS: tr("{name} has {size} elements"),
        Quantity.ITEMS: tr("{name} has {size} items"),
        Quantity.VALUE: tr("{name} is {size}"),
    }[relation.quantity]
    return words.format(name=visible(relation.argument), size=f"{relation.size:.6g}")
