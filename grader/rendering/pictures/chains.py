"""Layout of a chain picture: positions of the boxes in user units of the SVG."""

from __future__ import annotations

from dataclasses import dataclass

from grader.grading.verdicts.pictures import Chain
from grader.rendering.display_width import cells

WIDTH, LEFT, COLUMN_WIDTH, GAP = 420, 30, 190, 8
ROW_HEIGHT, BOX_HEIGHT, TOP = 32, 22, 30
MAX_NAME_CELLS = 28
"""Cells of a fixed-width font of 11 units that fit into a box; torch's longest node name takes 28 cells."""


@dataclass(frozen=True)
class NodeBox:
    """Box of one node. `state` is "same", "first" (the first difference), "after", or "end" (the chain has ended).

    `linked` draws an arrow from the node above.
    """

    x: int
    y: int
    name: str
    state: str
    expected: bool
    linked: bool


@dataclass(frozen=True)
class NodeNumber:
    """The number of a node, and its distance from the top."""

    number: int
    y: int


def lay_out_chain(chain: Chain) -> dict[str, object]:
    """Return what chain.svg shows: sizes, boxes of both chains, row numbers."""
    count = max(len(chain.yours), len(chain.expected))
    rows = [NodeNumber(chain.start + i, TOP + i * ROW_HEIGHT) for i in range(count)]
    goes_on_below = [length > chain.start + count for length in chain.lengths]
    nodes = [
        *_lay_out_column(chain, chain.yours, LEFT, False),
        *_lay_out_column(chain, chain.expected, LEFT + COLUMN_WIDTH + GAP, True),
    ]
    return {
        "width": WIDTH,
        "height": TOP + count * ROW_HEIGHT + (6 if any(goes_on_below) else -4),
        "box": COLUMN_WIDTH,
        "box_height": BOX_HEIGHT,
        "rows": rows,
        "nodes": nodes,
        "bottom": TOP + count * ROW_HEIGHT + 2,
        "more": [x for x, goes_on in zip((LEFT, LEFT + COLUMN_WIDTH + GAP), goes_on_below, strict=True) if goes_on],
        "columns": (LEFT, LEFT + COLUMN_WIDTH + GAP),
    }


def _lay_out_column(chain: Chain, names: tuple[str, ...], x: int, expected: bool) -> list[NodeBox]:
    """Return the boxes of a chain of nodes, with an empty last box if the chain ends at the first difference."""
    boxes = [
        NodeBox(x, TOP + i * ROW_HEIGHT, shorten_name(name), _state(chain, i), expected, i > 0 or chain.start > 0)
        for i, name in enumerate(names)
    ]
    end = chain.first_wrong - chain.start
    if len(names) == end:
        boxes.append(NodeBox(x, TOP + end * ROW_HEIGHT, "", "end", expected, end > 0 or chain.start > 0))
    return boxes


def _state(chain: Chain, row: int) -> str:
    number = chain.start + row
    return "same" if number < chain.first_wrong else "first" if number == chain.first_wrong else "after"


def shorten_name(name: str) -> str:
    """Return a name that fits into a box."""
    if cells(name) <= MAX_NAME_CELLS:
        return name
    while cells(name) >= MAX_NAME_CELLS:
        name = name[:-1]
    return f"{name}…"
