"""Declaring exercises and experiments.

A file of experiments is plain Python. What it declares is *literal*, so that the trusted process reads it from the
syntax tree (`course.discovery`) and needs neither torch nor a run of the file; the decorators below only keep the
file readable and runnable.

    exercise(en="Loss functions", zh="损失函数", points={"compute_mse_loss": 2})

    @experiment(zh="损失是全部元素平方误差的平均。")
    def mean_of_all(compute_mse_loss, given):
        \"\"\"The loss is the mean of the squared errors of all elements.\"\"\"
        output = given.tensor("output", 3, 4, requires_grad=True)
        loss = compute_mse_loss(output, given.tensor("target", 3, 4))
        return {"loss": loss, **given.gradients(loss, output=output)}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from grader.core.comparison import ATOL, RTOL, Tolerance

Experiment: TypeAlias = Callable[..., Mapping[str, Any]]
"""`experiment(function, given) -> {name: anything observe can turn into a value}`."""


def exercise(*, en: str, zh: str, points: Mapping[str, int]) -> None:
    """Declare an exercise: its title in both languages, its functions in order, and their points."""


def experiment(
    *,
    zh: str,
    weight: int = 1,
    rtol: float = RTOL,
    atol: float = ATOL,
    at_most: Mapping[str, float] | None = None,
    node_names: bool = False,
) -> Callable[[Experiment], Experiment]:
    """Declare a function as an experiment on the function that its first parameter names.

    The docstring is the claim that the student reads, `zh` the same in Chinese. `weight` is its part of the function's
    points; `rtol` and `atol` say how close is equal; `at_most` gives observations a limit instead of a yardstick;
    `node_names` marks observations that hold names of backward nodes, which depend on torch's minor version.
    """

    def keep(function: Experiment) -> Experiment:
        return function

    return keep


@dataclass(frozen=True)
class Declared:
    """An experiment as the trusted process knows it, read from the syntax tree."""

    function: str
    name: str
    claim_en: str
    claim_zh: str
    hidden: bool
    weight: int
    tolerance: Tolerance
    node_names: bool

    @cached_property
    def id(self) -> str:
        """The language-free name of the check, unique in the course."""
        return f"{self.function}::{self.name}"

    def claim(self, language: str) -> str:
        """The sentence that the student reads."""
        return self.claim_zh if language == "zh" else self.claim_en
