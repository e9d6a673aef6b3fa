"""`Given`: seeded inputs for an experiment. `Given` also finds the inputs that the student's function has changed.

All random numbers come from numpy's PCG64, which draws the same numbers on every platform. Tensors are float64 unless
the experiment passes another `dtype`.

With the public seed, small random tensors contain numbers with which a person can calculate on paper: multiples of 1/4,
or of a smaller power of two if the range contains too few multiples of 1/4. Such numbers are called exact here, because
float64 adds and multiplies them without rounding.
"""

from __future__ import annotations

import math
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

from grader.core.values import NO_GRAPH
from grader.experiments.declaration import PUBLIC_SEED
from grader.experiments.nets import LeNet, load_digits, mlp

Module = TypeVar("Module", bound=nn.Module)

MAX_EXACT = 24
"""Maximum size of a tensor with exact numbers at the public seed. Nobody calculates with more numbers on paper."""

EXACT_STEPS = tuple(2.0**-k for k in range(2, 11))
"""1/4 to 1/1024. Exact numbers are multiples of the largest of these steps that has enough multiples in the range."""

EXACT_NORMAL = 3.0
"""Maximum absolute value of the exact numbers that replace standard normal numbers."""


class Given:
    """Inputs and nets for one experiment, and functions that observe the results of the student's function.

    All numbers depend only on the `seed` of the run and the `name` of the check.

    inexact: "NAME in [low, high)" for each small random tensor at the public seed whose range contains no exact number.
    """

    def __init__(self, seed: int, name: str) -> None:
        self.inexact: list[str] = []
        self._exact = seed == PUBLIC_SEED
        self._used: set[float] = set()
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
        """Return a tensor of standard normal numbers, or of uniform numbers in [low, high) if `low` is given.

        `name` is the name of the tensor in messages. A function that changes the tensor in place fails the check,
        unless `may_change` is True.
        """
        tensor = torch.from_numpy(self._draw(name, shape, low, high)).to(dtype).requires_grad_(requires_grad)
        return tensor if may_change else self.keep(name, tensor)

    def integers(self, name: str, low: int, high: int, *shape: int) -> Tensor:
        """Return an int64 tensor of uniform integers in [low, high). The student's function must not change it."""
        return self.keep(name, torch.from_numpy(np.asarray(self.rng.integers(low, high, shape, dtype=np.int64))))

    def array(self, name: str, *shape: int) -> npt.NDArray[np.float64]:
        """Return a float64 numpy array of standard normal numbers. The student's function must not change it."""
        array = self._draw(name, shape)
        self._watched.append((name, array, _snapshot(array)))
        return array

    def number(self, low: float, high: float) -> float:
        """Return a uniform random float in [low, high)."""
        return float(self._draw("number", (), low, high))

    def whole(self, low: int, high: int) -> int:
        """Return a uniform random integer in [low, high)."""
        return int(self.rng.integers(low, high))

    def generator(self) -> torch.Generator:
        """Return a torch.Generator with a seed; each call draws a new seed."""
        return torch.Generator().manual_seed(self.whole(0, 2**31))

    def keep(self, name: str, tensor: Tensor) -> Tensor:
        """Declare that the student's function must not change a tensor of the experiment, and return the tensor."""
        self._watched.append((name, tensor, _snapshot(tensor)))
        return tensor

    def _draw(
        self, name: str, shape: tuple[int, ...], low: float | None = None, high: float = 1.0
    ) -> npt.NDArray[np.float64]:
        """Return standard normal numbers, or uniform numbers in [low, high) if `low` is given.

        Few numbers at the public seed are exact numbers, if the range contains any.
        """
        if self._exact and 0 < (count := math.prod(shape)) <= MAX_EXACT:
            bounds = (-EXACT_NORMAL, math.nextafter(EXACT_NORMAL, 4)) if low is None else (low, high)
            if (numbers := self._exact_numbers(count, *bounds)) is not None:
                return numbers.reshape(shape)
            self.inexact.append(f"{name} in [{low:g}, {high:g})")
        numbers = self.rng.standard_normal(shape) if low is None else self.rng.uniform(low, high, shape)
        return np.asarray(numbers)

    def _exact_numbers(self, count: int, low: float, high: float) -> npt.NDArray[np.float64] | None:
        """Return random nonzero multiples of one of EXACT_STEPS in [low, high), or None if the range contains none.

        If the range contains enough multiples, their absolute values differ from each other, and from the absolute
        values of all earlier exact numbers.
        """
        for step in EXACT_STEPS:
            # The absolute values of the multiples in the range are step * first, ..., step * last.
            first = max(1, math.ceil(low / step), math.floor(-high / step) + 1)
            last = max(math.ceil(high / step) - 1, math.floor(-low / step))
            if last - first + 1 >= count:
                break
        if last < first:
            return None
        sizes = np.arange(first, last + 1) * step
        unused = sizes[~np.isin(sizes, list(self._used))]
        sizes = unused if len(unused) >= count else sizes
        numbers = self.rng.choice(sizes, count, replace=len(sizes) < count)
        self._used.update(numbers.tolist())
        negative = (numbers >= high) | ((-numbers >= low) & (self.rng.integers(0, 2, count) == 0))
        return np.where(negative, -numbers, numbers)

    # -- nets --------------------------------------------------------------------------------------------------

    def fill(self, module: Module, scale: float | None = None, keep: bool = False) -> Module:
        """Convert a module to float64, draw its parameters from a normal distribution, and return the module.

        The standard deviation is `scale`; without `scale`, it is 1/sqrt(number of inputs) for weights and 0.3 for
        biases. Buffers do not change. If `keep` is True, the student's function must not change the parameters.
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
        """Return linear layers with ReLU between them: mlp(4, 8, 3) maps (N, 4) to (N, 3) with 8 hidden units."""
        return self.fill(mlp(*sizes), keep=keep)

    def lenet(self, keep: bool = False) -> LeNet:
        """Return the tutorial's LeNet (conv1, conv2, fc1, fc2, fc3): images (N, 1, 32, 32) to logits (N, 10)."""
        return self.fill(LeNet(), keep=keep)

    def parameters(self, *shapes: tuple[int, ...], grads: bool = True) -> list[nn.Parameter]:
        """Return random parameters of these shapes, with random gradients unless `grads` is False.

        The student's function may change them.
        """
        parameters = [nn.Parameter(torch.from_numpy(self._draw("parameter", shape))) for shape in shapes]
        if grads:
            self.new_gradients(parameters)
        return parameters

    def new_gradients(self, parameters: list[nn.Parameter]) -> None:
        """Assign a new random gradient tensor to each parameter, as the first backward pass does."""
        for p in parameters:
            p.grad = torch.from_numpy(self._draw("gradient", tuple(p.shape)))

    def digits(self, train: int, test: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return disjoint random samples of scikit-learn's digits: x_train, y_train, x_test, y_test.

        x has shape (N, 64), float64 in [0, 1]; y has shape (N,), int64. Raises UnavailableError without scikit-learn.
        """
        x, y = load_digits()
        rows = self.rng.permutation(len(x))[: train + test]
        xs, ys = torch.from_numpy(x[rows]), torch.from_numpy(y[rows])
        return xs[:train], ys[:train], xs[train:], ys[train:]

    # -- observations --------------------------------------------------------------------------------------------

    @staticmethod
    def gradients(result: Any, **leaves: Tensor) -> dict[str, Any]:
        """Backpropagate from the sum of `result` and return the gradient of each leaf as "NAME.grad".

        If `result` has no graph, each "NAME.grad" is a text that says so. An exception would hide whether the value of
        `result` is right.
        """
        if not isinstance(result, Tensor):
            reason = f"no backward(): {type(result).__name__} is not a tensor"
        elif not result.requires_grad:
            reason = NO_GRAPH
        else:
            torch.autograd.backward(result.sum())
            return {f"{name}.grad": leaf.grad for name, leaf in leaves.items()}
        return {f"{name}.grad": reason for name in leaves}

    @staticmethod
    def error(call: Callable[[], Any]) -> str:
        """Return the class name of the exception that `call` raises, or "no error".

        For a subclass of ValueError, return "ValueError". NotImplementedError is raised again: a stub raises it.
        """
        try:
            call()
        except NotImplementedError:
            raise  # so that a stub counts as not started
        except ValueError:
            return "ValueError"
        except Exception as error:  # noqa: BLE001  (student code may raise any exception)
            return type(error).__name__
        return "no error"

    @staticmethod
    @contextmanager
    def warnings_seen() -> Iterator[list[str]]:
        """Yield a list that receives the messages of all UserWarnings in the `with` block when the block ends."""
        seen: list[str] = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield seen
        seen += [str(entry.message) for entry in caught if issubclass(entry.category, UserWarning)]

    @staticmethod
    def flags(tensor: Any) -> str:
        """Return the role of a tensor in autograd: "plain", "leaf that requires grad" or "result with a graph"."""
        if not isinstance(tensor, Tensor):
            return f"{type(tensor).__name__}, no tensor"
        if not tensor.requires_grad:
            return "plain"
        return "leaf that requires grad" if tensor.is_leaf else "result with a graph"

    def changed(self) -> tuple[str, ...]:
        """Return "NAME: DIFFERENCE" for each input that the student's function changed although it must not."""
        return tuple(f"{name}: {how}" for name, value, before in self._watched if (how := _change(value, before)))

    def changes(self) -> Iterator[tuple[str, npt.NDArray[Any], npt.NDArray[Any]]]:
        """Yield (name, numbers before the call, numbers now) of each input whose numbers or shape changed."""
        for name, value, before in self._watched:
            now = _snapshot(value).values
            if now.shape != before.values.shape or now.tobytes() != before.values.tobytes():
                yield name, before.values, now

    @property
    def watches(self) -> bool:
        """Whether the experiment has an input that the student's function must not change."""
        return bool(self._watched)


@dataclass(frozen=True)
class _Snapshot:
    """Copy of an input, taken before student code runs."""

    values: npt.NDArray[Any]
    requires_grad: bool = False
    is_leaf: bool = True


def _snapshot(value: Tensor | npt.NDArray[Any]) -> _Snapshot:
    if isinstance(value, Tensor):
        return _Snapshot(value.detach().numpy().copy(), value.requires_grad, value.is_leaf)
    return _Snapshot(value.copy())


def _change(value: Tensor | npt.NDArray[Any], before: _Snapshot) -> str:
    """Return the difference between an input and its snapshot in words; empty if they are equal."""
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
