"""`Relation`: how a wrong value relates to the expected one, as data from which `relation_text` makes a sentence."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """Kinds of relations, the simplest first. If several kinds hold equally often, the simplest of them is shown."""

    WITHOUT_GRAPH = "without_graph"  # the value is right, but no gradient flows back from it
    ZERO = "zero"
    INPUT = "input"  # equal to an argument as it was before the call
    NEGATIVE = "negative"
    TIMES = "times"
    RESHAPED = "reshaped"  # the expected numbers in the same order, in another shape
    TRANSPOSED = "transposed"
    REVERSED = "reversed"
    REORDERED = "reordered"
    FIRST = "first"  # only the first rows or items of the expected ones
    LAST = "last"  # only the last rows or items of the expected ones
    SUM = "sum"  # the returned number is the sum of the expected entries
    MEAN = "mean"
    UNSUMMED = "unsummed"  # the sum of the returned entries is the expected number
    UNAVERAGED = "unaveraged"
    SHIFTED = "shifted"  # all entries differ by the same constant
    SQUARED = "squared"
    ROOT = "root"
    FLOAT32 = "float32"  # the numbers are right, but were computed with the precision of float32


class Quantity(StrEnum):
    """A size or the value of an argument of a check's first call. A factor or a shift may be equal to it."""

    NONE = ""
    ROWS = "rows"
    COLUMNS = "columns"
    ELEMENTS = "elements"
    ITEMS = "items"  # the length of a list
    VALUE = "value"  # a number that is an argument, such as lr


class Relation(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the wrong entries of one observation relate to the expected ones.

    number: the factor or the shift; for FIRST and LAST, the number of returned rows or items.
    argument: name of the argument that the returned value equals, or of the argument whose `quantity` equals `number`.
    size: the value of `quantity`; `number` is `size`, 1 / `size` or -`size`. For FIRST and LAST, the number of expected
        rows or items.
    change: name of the argument whose change during the call has the relation; "" if the values themselves have it.
    some: True if only the wrong entries have the relation, and the other entries of the observation are right.
    """

    kind: Kind
    number: float = 1.0
    quantity: Quantity = Quantity.NONE
    argument: str = ""
    size: float = 0.0
    change: str = ""
    some: bool = False
