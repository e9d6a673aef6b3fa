"""`draw_graph(tensor)`: show students the backward graph of their tensor as a picture in the notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

MAX_NODES = 150
"""Maximum number of nodes that are drawn; a larger graph is cut and ends in an ellipsis."""

WIDTH, HEIGHT, GAP, ROW = 212, 30, 18, 58
LEAF, STEP = "#fde9c9", "#d6e6f7"
STYLE = "font:12px system-ui,sans-serif;max-width:100%;height:auto"


@dataclass
class GraphPicture:
    """Picture of a graph: SVG in Jupyter, indented lines in a terminal."""

    boxes: list[Box] = field(default_factory=list)
    cut: bool = False

    def _repr_svg_(self) -> str:
        width = max((box.x for box in self.boxes), default=0) + WIDTH + 2
        height = max((box.y for box in self.boxes), default=0) + HEIGHT + 22
        drawn = [line for box in self.boxes for line in box.lines()] + [box.shape() for box in self.boxes]
        note = f'<text x="4" y="{height - 4}" fill="#888">…</text>' if self.cut else ""
        size = f'viewBox="0 0 {width} {height}" width="{width}" style="{STYLE}"'
        return "".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', *drawn, note, "</svg>"])

    def __repr__(self) -> str:
        indent = min((box.y for box in self.boxes), default=0)
        lines = [f"{'  ' * ((box.y - indent) // ROW)}{box.name} {box.note}".rstrip() for box in self.boxes]
        return "\n".join([*lines, "…"] if self.cut else lines) or "no graph: grad_fn is None"


@dataclass(eq=False)
class Box:
    """Picture of one node.

    note: second line of text, for a leaf: the name of the parameter, or the shape of the tensor.
    children: index in next_functions and box of each node to which this node passes gradients.
    x, y: upper left corner in pixels.
    depth: length of the longest path to a leaf.
    """

    name: str
    note: str = ""
    children: list[tuple[int, Box]] = field(default_factory=list)
    x: int = 1
    y: int = 1
    depth: int = 0

    def shape(self) -> str:
        """Return the SVG of the box and its text."""
        fill = LEAF if self.name == "AccumulateGrad" else STEP
        middle, line = self.x + WIDTH // 2, self.y + (13 if self.note else 19)
        words = f'<text x="{middle}" y="{line}" text-anchor="middle" fill="#222">{escape(self.name)}</text>'
        if self.note:
            small = f'x="{middle}" y="{line + 13}" text-anchor="middle" fill="#555" font-size="11"'
            words += f"<text {small}>{escape(self.note)}</text>"
        place = f'x="{self.x}" y="{self.y}" width="{WIDTH}" height="{HEIGHT}" rx="5"'
        return f'<rect {place} fill="{fill}" stroke="#7a8aa0"/>{words}'

    def lines(self) -> list[str]:
        """Return the SVG of a line to each child. If there are several, each has its index in next_functions."""
        drawn = []
        for index, child in self.children:
            x1, y1, x2, y2 = self.x + WIDTH // 2, self.y + HEIGHT, child.x + WIDTH // 2, child.y
            drawn.append(f'<path d="M{x1} {y1}L{x2} {y2}" stroke="#8899aa" fill="none"/>')
            if len(self.children) > 1:
                x, y = x1 + (x2 - x1) * 0.62, y1 + (y2 - y1) * 0.62
                drawn.append(f'<text x="{x + 5:.0f}" y="{y:.0f}" fill="#c05621" font-size="11">[{index}]</text>')
        return drawn


def draw_graph(tensor: Tensor, net: nn.Module | None = None) -> GraphPicture:
    """Return a picture of the backward graph of a tensor, with its grad_fn at the top.

    Parameters of `net` are shown with their names. Numbers on lines are indices in next_functions.
    """
    names = {id(parameter): name for name, parameter in net.named_parameters()} if net is not None else {}
    boxes, cut = _read(tensor.grad_fn, names)
    order = _topological_order(boxes)
    for box in reversed(order):
        box.depth = 1 + max((child.depth for _, child in box.children), default=-1)
    for box in order:
        for _, child in box.children:
            child.y = max(child.y, box.y + ROW)
    for y in {box.y for box in order}:
        row = sorted((box for box in order if box.y == y), key=lambda box: -box.depth)
        for number, box in enumerate(row):
            box.x = 1 + number * (WIDTH + GAP)
    return GraphPicture(sorted(order, key=lambda box: (box.y, box.x)), cut)


def _read(start: Any, names: dict[int, str]) -> tuple[list[Box], bool]:
    """Return a box for each node that `start` reaches, beginning with `start`, and whether nodes were left out."""
    boxes: dict[Any, Box] = {}
    pending = [start] if start is not None else []
    while pending and len(boxes) < MAX_NODES:
        node = pending.pop(0)
        if node not in boxes:
            boxes[node] = Box(type(node).__name__, _note(node, names))
            pending += [child for child, _ in node.next_functions if child is not None]
    for node, box in boxes.items():
        box.children = [(i, boxes[child]) for i, (child, _) in enumerate(node.next_functions) if child in boxes]
    return list(boxes.values()), any(node not in boxes for node in pending)


def _note(node: Any, names: dict[int, str]) -> str:
    variable = getattr(node, "variable", None)
    if variable is None:
        return ""
    return names.get(id(variable), f"shape {tuple(variable.shape)}")


def _topological_order(boxes: list[Box]) -> list[Box]:
    """Sort boxes so that each box comes after all boxes that pass gradients to it."""
    waiting = dict.fromkeys(boxes, 0)
    for box in boxes:
        for _, child in box.children:
            waiting[child] += 1
    ready, order = [box for box, count in waiting.items() if not count], []
    while ready:
        order.append(box := ready.pop(0))
        for _, child in box.children:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return order
