"""Nets and real data that experiments are built from."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

Layer = TypeVar("Layer", bound=nn.Module)


class UnavailableError(Exception):
    """Something that an experiment needs is not on this machine: says what, and how to get it."""


class _BlankLinear(nn.Linear):
    def reset_parameters(self) -> None:
        """Leave them as they are."""


class _BlankConv2d(nn.Conv2d):
    def reset_parameters(self) -> None:
        """Leave them as they are."""


def linear(inputs: int, outputs: int) -> nn.Linear:
    """A layer whose parameters are not initialised: they are drawn from the seed anyway.

    `torch.nn.utils.skip_init` does the same by way of the meta device, which takes fifteen times as long.
    """
    return _as(nn.Linear, _BlankLinear(inputs, outputs))


def conv(inputs: int, outputs: int, size: int) -> nn.Conv2d:
    """The same for a convolution."""
    return _as(nn.Conv2d, _BlankConv2d(inputs, outputs, size))


def _as(kind: type[Layer], layer: Layer) -> Layer:
    """An ordinary layer, whatever made it: student code may look at its type."""
    layer.__class__ = kind
    return layer


class LeNet(nn.Module):
    """The net of the tutorial: two convolutions, three linear layers, 10 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = conv(1, 6, 5)
        self.conv2 = conv(6, 16, 5)
        self.fc1 = linear(400, 120)
        self.fc2 = linear(120, 84)
        self.fc3 = linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Images (N, 1, 32, 32) to logits (N, 10)."""
        h = F.max_pool2d(F.relu(self.conv1(x)), 2)
        h = F.max_pool2d(F.relu(self.conv2(h)), 2)
        h = F.relu(self.fc1(h.flatten(1)))
        return cast("Tensor", self.fc3(F.relu(self.fc2(h))))


def mlp(*sizes: int) -> nn.Sequential:
    """Linear layers of these sizes with ReLU between them; the parameters are not initialised."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@cache
def load_digits() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """scikit-learn's 1,797 digits: x (1797, 64) scaled to [0, 1], y (1797,).

    Reads the file that lies in the package and does not import it: that would cost a second.
    Raises UnavailableError without scikit-learn.
    """
    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise UnavailableError("scikit-learn is not installed: pip install scikit-learn")
    file = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    table = np.loadtxt(file, delimiter=",", dtype=np.int64)
    return table[:, :-1] / 16.0, table[:, -1]


torch.set_num_threads(1)  # experiments are tiny, and results must not depend on the number of cores
