"""Nets and real data for experiments: LeNet, multi-layer perceptrons, scikit-learn's digits."""

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
    """An experiment needs a package that is not installed. The message names the package and how to install it."""


class _BlankLinear(nn.Linear):
    def reset_parameters(self) -> None:
        """Skip the initialization: `Given.fill` draws the parameters from the seed."""


class _BlankConv2d(nn.Conv2d):
    def reset_parameters(self) -> None:
        """Skip the initialization: `Given.fill` draws the parameters from the seed."""


def linear(inputs: int, outputs: int) -> nn.Linear:
    """Return a linear layer with uninitialized parameters, which `Given.fill` draws from the seed.

    `torch.nn.utils.skip_init` does the same through the meta device, but takes fifteen times as long.
    """
    return _with_class(nn.Linear, _BlankLinear(inputs, outputs))


def conv(inputs: int, outputs: int, size: int) -> nn.Conv2d:
    """Return a 2-d convolution with uninitialized parameters, whose kernel has `size` rows and `size` columns."""
    return _with_class(nn.Conv2d, _BlankConv2d(inputs, outputs, size))


def _with_class(kind: type[Layer], layer: Layer) -> Layer:
    """Set the class of a layer to PyTorch's class, because student code may check `type(layer)`."""
    layer.__class__ = kind
    return layer


class LeNet(nn.Module):
    """The tutorial's LeNet: two convolutions and three linear layers. The parameters of this net are uninitialized."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = conv(1, 6, 5)
        self.conv2 = conv(6, 16, 5)
        self.fc1 = linear(400, 120)
        self.fc2 = linear(120, 84)
        self.fc3 = linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, 1, 32, 32) to logits (N, 10)."""
        h = F.max_pool2d(F.relu(self.conv1(x)), 2)
        h = F.max_pool2d(F.relu(self.conv2(h)), 2)
        h = F.relu(self.fc1(h.flatten(1)))
        return cast("Tensor", self.fc3(F.relu(self.fc2(h))))


def mlp(*sizes: int) -> nn.Sequential:
    """Return linear layers of these sizes with ReLU between them and uninitialized parameters."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@cache
def load_digits() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return scikit-learn's 1,797 digits: x (1797, 64), scaled to [0, 1], and y (1797,).

    The data file is read from the package folder of scikit-learn, because importing scikit-learn takes a second.
    Raises UnavailableError if scikit-learn is not installed.
    """
    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise UnavailableError("scikit-learn is not installed: pip install scikit-learn")
    file = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    table = np.loadtxt(file, delimiter=",", dtype=np.int64)
    return table[:, :-1] / 16.0, table[:, -1]


torch.set_num_threads(1)  # because results must not depend on the number of cores; experiments are small
