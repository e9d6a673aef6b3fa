"""Layout of a picture of two chains of backward nodes: positions of the boxes, in user units of the SVG."""

from __future__ import annotations

from dataclasses import dataclass

from grader.grading.verdicts.pictures import Chain
from grader.rendering.display_width import cut

WIDTH, LEFT, COLUMN_WIDTH, GAP = 420, 30, 190, 8
ROW_HEIGHT, BOX_HEIGHT, TOP = 32, 22, 30
MAX_NAME_CELLS = 28
"""Maximum number of characters of a fixed-width font of 11 units that fit into a box.

The longest name of a node in torch has 28 characters.
"""


@dataclass(frozen=True)
class NodeBox:
    """Box of one node.

    state: "same" before the first difference of the two chains, "first" at the first difference, "after" below it, or
        "end" if this chain ends where the other goes on.
    expected: True for a node of the expected chain.
    linked: True to draw an arrow from the node above.
    """

    x: int
    y: int
    name: str
    state: str
    expected: bool
    linked: bool


@dataclass(frozen=True)
class NodeNumber:
    """The number of a node in the chain, and its distance from the top of the picture."""

    number: int
    y: int


def lay_out_chain(chain: Chain) -> dict[str, object]:
    """Return the values for the template chain.svg: sizes, row numbers, boxes of all backward nodes."""
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
        NodeBox(
            x=x,
            y=TOP + i * ROW_HEIGHT,
            name=cut(name, MAX_NAME_CELLS),
            state=_state(chain, i),
            expected=expected,
            linked=i > 0 or chain.start > 0,
        )
        for i, name in enumerate(names)
    ]
    end = chain.first_wrong - chain.start
    if len(names) == end:
        boxes.append(NodeBox(x, TOP + end * ROW_HEIGHT, "", "end", expected, end > 0 or chain.start > 0))
    return boxes


def _state(chain: Chain, row: int) -> str:
    number = chain.start + row
    return "same" if number < chain.first_wrong else "first" if number == chain.first_wrong else "after"
