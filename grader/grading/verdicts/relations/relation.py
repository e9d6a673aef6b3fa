"""`Relation`: how a wrong value relates to the expected one, as plain data without a language."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What the returned numbers are, compared with the expected ones. Simplest first: this order decides ties."""

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
    LAST = "last"
    SUM = "sum"  # of the expected entries
    MEAN = "mean"
    UNSUMMED = "unsummed"  # the sum of the returned entries is the expected number
    UNAVERAGED = "unaveraged"
    SHIFTED = "shifted"  # by a constant
    SQUARED = "squared"
    ROOT = "root"
    FLOAT32 = "float32"  # right as far as float32 numbers go


class Quantity(StrEnum):
    """The quantity of the first call that a factor or shift equals."""

    NONE = ""
    ROWS = "rows"
    COLUMNS = "columns"
    ELEMENTS = "elements"
    ITEMS = "items"  # of a list
    VALUE = "value"  # a number that is an argument, such as lr


class Relation(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the wrong entries of one observation relate to the expected ones.

    number: the factor or the shift; for FIRST and LAST, the number of returned rows or items.
    argument: the argument that the value equals, or the argument whose `quantity` the number equals.
    size: the value of `quantity`; `number` is `size`, 1 / `size` or -`size`. For FIRST and LAST, the number of expected
        rows or items.
    change: "" if values are compared; otherwise the argument whose change during the call is compared.
    some: True if only the wrong entries are related; the other entries of the observation are right.
    """

    kind: Kind
    number: float = 1.0
    quantity: Quantity = Quantity.NONE
    argument: str = ""
    size: float = 0.0
    change: str = ""
    some: bool = False
