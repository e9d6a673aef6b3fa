"""Where the boxes of two chains of nodes stand."""

from __future__ import annotations

from dataclasses import dataclass

from grader.grading.verdicts.pictures import Chain
from grader.rendering.display_width import cells

WIDTH, LEFT, BOX, GAP = 420, 30, 190, 8
STEP, HEIGHT, TOP = 32, 22, 30
ROOM = 28
"""Cells of a fixed-width font of 11 units that fit into a box: the longest name of torch's own has 28."""


@dataclass(frozen=True)
class Node:
    """One box: `state` is "same", "first" (where the chains part), "after", or "end" (nothing stands there)."""

    x: int
    y: int
    name: str
    state: str
    expected: bool
    linked: bool  # an arrow comes from the node above


@dataclass(frozen=True)
class NodeNumber:
    """The number of a node, and how high it stands."""

    number: int
    y: int


def chain_facts(chain: Chain) -> dict[str, object]:
    """What the template needs."""
    count = max(len(chain.yours), len(chain.expected))
    rows = [NodeNumber(chain.start + i, TOP + i * STEP) for i in range(count)]
    more = [length > chain.start + count for length in chain.lengths]
    nodes = [*_column(chain, chain.yours, LEFT, False), *_column(chain, chain.expected, LEFT + BOX + GAP, True)]
    return {
        "width": WIDTH,
        "height": TOP + count * STEP + (6 if any(more) else -4),
        "box": BOX,
        "box_height": HEIGHT,
        "rows": rows,
        "nodes": nodes,
        "bottom": TOP + count * STEP + 2,
        "more": [x for x, goes_on in zip((LEFT, LEFT + BOX + GAP), more, strict=True) if goes_on],
        "columns": (LEFT, LEFT + BOX + GAP),
    }


def _column(chain: Chain, names: tuple[str, ...], x: int, expected: bool) -> list[Node]:
    """The boxes of one chain; one that ends where the chains part has an empty box there."""
    found = [
        Node(x, TOP + i * STEP, fitting(name), _state(chain, i), expected, i > 0 or chain.start > 0)
        for i, name in enumerate(names)
    ]
    end = chain.first_wrong - chain.start
    if len(names) == end:
        found.append(Node(x, TOP + end * STEP, "", "end", expected, end > 0 or chain.start > 0))
    return found


def _state(chain: Chain, place: int) -> str:
    number = chain.start + place
    return "same" if number < chain.first_wrong else "first" if number == chain.first_wrong else "after"


def fitting(name: str) -> str:
    """A name cut to the room in a box."""
    if cells(name) <= ROOM:
        return name
    while cells(name) >= ROOM:
        name = name[:-1]
    return f"{name}…"
