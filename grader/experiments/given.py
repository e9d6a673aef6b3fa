"""The kit of an experiment: seeded inputs that are built before student code runs and watched afterwards.

Everything random comes from numpy's PCG64, the same on every platform; tensors are float64 unless said otherwise.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from grader.experiments.nets import LeNet, load_digits, mlp

Module = TypeVar("Module", bound=nn.Module)


class Given:
    """What an experiment is given: inputs, nets and ways to look at what the student's function did.

    `seed` and `name` (of the check) decide every number.
    """

    def __init__(self, seed: int, name: str) -> None:
        self.rng = np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))
        self._watched: list[tuple[str, Tensor | npt.NDArray[Any], _Snapshot]] = []

    # -- inputs ------------------------------------------------------------------------------------------------

    def tensor(
        self,
        name: str,
        *shape: int,
        low: float | None = None,
        high: float = 1.0,
        dtype: torch.dtype = torch.float64,
        requires_grad: bool = False,
        may_change: bool = False,
    ) -> Tensor:
        """A tensor of standard normal numbers, or uniform ones in [low, high) when `low` is given.

        The student's function must leave it as it is, unless it `may_change`; `name` is the argument's name.
        """
        numbers = self.rng.standard_normal(shape) if low is None else self.rng.uniform(low, high, shape)
        made = torch.from_numpy(np.asarray(numbers)).to(dtype).requires_grad_(requires_grad)
        return made if may_change else self.keep(name, made)

    def integers(self, name: str, low: int, high: int, *shape: int) -> Tensor:
        """An int64 tensor of whole numbers in [low, high); watched like `tensor`."""
        return self.keep(name, torch.from_numpy(np.asarray(self.rng.integers(low, high, shape, dtype=np.int64))))

    def array(self, name: str, *shape: int) -> npt.NDArray[np.float64]:
        """A float64 numpy array of standard normal numbers; watched like `tensor`."""
        made = self.rng.standard_normal(shape)
        self._watched.append((name, made, _snapshot(made)))
        return made

    def number(self, low: float, high: float) -> float:
        """A float in [low, high)."""
        return float(self.rng.uniform(low, high))

    def whole(self, low: int, high: int) -> int:
        """An int in [low, high)."""
        return int(self.rng.integers(low, high))

    def generator(self) -> torch.Generator:
        """A seeded torch.Generator; two calls give generators with different seeds."""
        return torch.Generator().manual_seed(self.whole(0, 2**31))

    def keep(self, name: str, tensor: Tensor) -> Tensor:
        """Watch a tensor that the experiment made itself, such as a transposed view of another."""
        self._watched.append((name, tensor, _snapshot(tensor)))
        return tensor

    # -- nets --------------------------------------------------------------------------------------------------

    def fill(self, module: Module, scale: float | None = None, keep: bool = False) -> Module:
        """Turn a module to float64 and draw its parameters anew (std `scale`, or 1/sqrt(fan-in)).

        Buffers stay as they are. With `keep` the parameters are watched: the student's function must not change them.
        """
        module.double()
        with torch.no_grad():
            for name, p in module.named_parameters():
                std = scale if scale is not None else p[0].numel() ** -0.5 if p.dim() > 1 else 0.3
                p.copy_(torch.from_numpy(self.rng.normal(0.0, std, tuple(p.shape))))
                if keep:
                    self.keep(name, p)
        return module

    def mlp(self, *sizes: int, keep: bool = False) -> nn.Sequential:
        """Linear layers of these sizes with ReLU between them: mlp(4, 8, 3)."""
        return self.fill(mlp(*sizes), keep=keep)

    def lenet(self, keep: bool = False) -> LeNet:
        """The tutorial's LeNet (conv1, conv2, fc1, fc2, fc3) for images (N, 1, 32, 32)."""
        return self.fill(LeNet(), keep=keep)

    def parameters(self, *shapes: tuple[int, ...], grads: bool = True) -> list[nn.Parameter]:
        """Parameters of these shapes, each with a random gradient unless `grads` is False. They may change."""
        made = [nn.Parameter(torch.from_numpy(self.rng.standard_normal(shape))) for shape in shapes]
        if grads:
            self.new_gradients(made)
        return made

    def new_gradients(self, parameters: list[nn.Parameter]) -> None:
        """Give every parameter a fresh random gradient: a new tensor, as the first backward would."""
        for p in parameters:
            p.grad = torch.from_numpy(self.rng.standard_normal(tuple(p.shape)))

    def digits(self, train: int, test: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Disjoint random parts of scikit-learn's digits: x (N, 64) float64 in [0, 1], y (N,) int64, for both parts."""
        x, y = load_digits()
        rows = self.rng.permutation(len(x))[: train + test]
        xs, ys = torch.from_numpy(x[rows]), torch.from_numpy(y[rows])
        return xs[:train], ys[:train], xs[train:], ys[train:]

    # -- looking -----------------------------------------------------------------------------------------------

    @staticmethod
    def gradients(result: Any, **leaves: Tensor) -> dict[str, Any]:
        """Backpropagate from `result` (summed if it has more than one entry) and observe "NAME.grad" of each leaf.

        A result without a graph is observed as such instead of raising, so that a right value that lost its graph
        differs from a wrong one.
        """
        if not isinstance(result, Tensor):
            found: Any = f"no backward(): {type(result).__name__} is not a tensor"
        elif not result.requires_grad:
            found = "no graph: nothing to go back along"
        else:
            torch.autograd.backward(result.sum())
            return {f"{name}.grad": leaf.grad for name, leaf in leaves.items()}
        return {f"{name}.grad": found for name in leaves}

    @staticmethod
    def error(call: Callable[[], Any]) -> str:
        """The kind of exception that a call raises: "ValueError" (subclasses too), another class, or "no error"."""
        try:
            call()
        except NotImplementedError:
            raise  # a stub is "not started", whatever the check looks for
        except ValueError:
            return "ValueError"
        except Exception as error:  # noqa: BLE001  (whatever student code raises is what is asked for)
            return type(error).__name__
        return "no error"

    @staticmethod
    @contextmanager
    def warnings_seen() -> Iterator[list[str]]:
        """Collect the messages of the UserWarnings that are raised inside: observe `len(seen)`."""
        seen: list[str] = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield seen
        seen += [str(entry.message) for entry in caught if issubclass(entry.category, UserWarning)]

    @staticmethod
    def flags(tensor: Any) -> str:
        """What a tensor is to autograd: "plain", "leaf that requires grad" or "result with a graph"."""
        if not isinstance(tensor, Tensor):
            return f"{type(tensor).__name__}, no tensor"
        if not tensor.requires_grad:
            return "plain"
        return "leaf that requires grad" if tensor.is_leaf else "result with a graph"

    def changed(self) -> tuple[str, ...]:
        """Which watched inputs are not what they were; empty is right."""
        return tuple(f"{name}: {how}" for name, value, before in self._watched if (how := _change(value, before)))

    @property
    def watches(self) -> bool:
        """Whether any input is watched."""
        return bool(self._watched)


@dataclass(frozen=True)
class _Snapshot:
    """What an input was before student code ran."""

    values: npt.NDArray[Any]
    requires_grad: bool = False
    is_leaf: bool = True


def _snapshot(value: Tensor | npt.NDArray[Any]) -> _Snapshot:
    if isinstance(value, Tensor):
        return _Snapshot(value.detach().numpy().copy(), value.requires_grad, value.is_leaf)
    return _Snapshot(value.copy())


def _change(value: Tensor | npt.NDArray[Any], before: _Snapshot) -> str:
    """How an input differs from its snapshot, or nothing."""
    now = _snapshot(value)
    if now.values.shape != before.values.shape:
        return "its shape changed"
    if now.values.dtype != before.values.dtype:
        return "its dtype changed"
    if now.values.tobytes() != before.values.tobytes():
        return "its values changed"
    if (now.requires_grad, now.is_leaf) != (before.requires_grad, before.is_leaf):
        return "requires_grad changed" if now.requires_grad != before.requires_grad else "it is no leaf any more"
    return ""
