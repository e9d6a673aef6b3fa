"""Draw the backward graph of a tensor as a picture: each node, and what it passes gradients to."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

MAX_NODES = 150
"""More than a person can follow."""

WIDTH, HEIGHT, GAP, ROW = 212, 30, 18, 58
LEAF, STEP = "#fde9c9", "#d6e6f7"
STYLE = "font:12px system-ui,sans-serif;max-width:100%;height:auto"


@dataclass
class GraphPicture:
    """The picture: Jupyter shows it as it is, a terminal shows its lines."""

    boxes: list[Box] = field(default_factory=list)
    more: bool = False

    def _repr_svg_(self) -> str:
        width = max((box.x for box in self.boxes), default=0) + WIDTH + 2
        height = max((box.y for box in self.boxes), default=0) + HEIGHT + 22
        drawn = [line for box in self.boxes for line in box.lines()] + [box.shape() for box in self.boxes]
        note = f'<text x="4" y="{height - 4}" fill="#888">…</text>' if self.more else ""
        size = f'viewBox="0 0 {width} {height}" width="{width}" style="{STYLE}"'
        return "".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', *drawn, note, "</svg>"])

    def __repr__(self) -> str:
        indent = min((box.y for box in self.boxes), default=0)
        lines = [f"{'  ' * ((box.y - indent) // ROW)}{box.name} {box.note}".rstrip() for box in self.boxes]
        return "\n".join([*lines, "…"] if self.more else lines) or "no graph: grad_fn is None"


@dataclass(eq=False)
class Box:
    """One node: its name, a note below it, the boxes it passes gradients to by index, and where it stands."""

    name: str
    note: str = ""
    children: list[tuple[int, Box]] = field(default_factory=list)
    x: int = 1
    y: int = 1
    below: int = 0

    def shape(self) -> str:
        """The box and its words."""
        fill = LEAF if self.name == "AccumulateGrad" else STEP
        middle, line = self.x + WIDTH // 2, self.y + (13 if self.note else 19)
        words = f'<text x="{middle}" y="{line}" text-anchor="middle" fill="#222">{escape(self.name)}</text>'
        if self.note:
            small = f'x="{middle}" y="{line + 13}" text-anchor="middle" fill="#555" font-size="11"'
            words += f"<text {small}>{escape(self.note)}</text>"
        place = f'x="{self.x}" y="{self.y}" width="{WIDTH}" height="{HEIGHT}" rx="5"'
        return f'<rect {place} fill="{fill}" stroke="#7a8aa0"/>{words}'

    def lines(self) -> list[str]:
        """A line to each child, with its index in next_functions where there are several."""
        drawn = []
        for index, child in self.children:
            x1, y1, x2, y2 = self.x + WIDTH // 2, self.y + HEIGHT, child.x + WIDTH // 2, child.y
            drawn.append(f'<path d="M{x1} {y1}L{x2} {y2}" stroke="#8899aa" fill="none"/>')
            if len(self.children) > 1:
                x, y = x1 + (x2 - x1) * 0.62, y1 + (y2 - y1) * 0.62
                drawn.append(f'<text x="{x + 5:.0f}" y="{y:.0f}" fill="#c05621" font-size="11">[{index}]</text>')
        return drawn


def draw_graph(tensor: Tensor, net: nn.Module | None = None) -> GraphPicture:
    """The backward graph of a tensor, its grad_fn on top; parameters of `net` are called by their names.

    The numbers on the lines are the indices of next_functions.
    """
    names = {id(parameter): name for name, parameter in net.named_parameters()} if net is not None else {}
    found, more = _read(tensor.grad_fn, names)
    order = _top_down(found)
    for box in reversed(order):
        box.below = 1 + max((child.below for _, child in box.children), default=-1)
    for box in order:
        for _, child in box.children:
            child.y = max(child.y, box.y + ROW)
    for y in {box.y for box in order}:
        row = sorted((box for box in order if box.y == y), key=lambda box: -box.below)
        for number, box in enumerate(row):
            box.x = 1 + number * (WIDTH + GAP)
    return GraphPicture(sorted(order, key=lambda box: (box.y, box.x)), more)


def _read(start: Any, names: dict[int, str]) -> tuple[list[Box], bool]:
    """A box for each node that is reached, the first for `start`; and whether there are more than are drawn."""
    boxes: dict[Any, Box] = {}
    todo = [start] if start is not None else []
    while todo and len(boxes) < MAX_NODES:
        node = todo.pop(0)
        if node not in boxes:
            boxes[node] = Box(type(node).__name__, _note(node, names))
            todo += [child for child, _ in node.next_functions if child is not None]
    for node, box in boxes.items():
        box.children = [(i, boxes[child]) for i, (child, _) in enumerate(node.next_functions) if child in boxes]
    return list(boxes.values()), any(node not in boxes for node in todo)


def _note(node: Any, names: dict[int, str]) -> str:
    variable = getattr(node, "variable", None)
    if variable is None:
        return ""
    return names.get(id(variable), f"shape {tuple(variable.shape)}")


def _top_down(boxes: list[Box]) -> list[Box]:
    """The boxes in an order in which nobody comes before those who pass gradients to it."""
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
