"""`exercise(...)` and `@experiment`, with which a file of experiments declares an exercise and its checks.

A file of experiments is plain Python. The arguments of both are literals, so that the grader can read them from the
syntax tree (`course.discovery`) and never runs the file. When the file does run, in the sandbox, both do nothing.

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
from grader.core.text import Text

PUBLIC_SEED = 0
"""Seed of all self-checks and goldens. Students know this seed, so a grading run draws a secret seed instead."""

Experiment: TypeAlias = Callable[..., Mapping[str, Any]]
"""A function `experiment(function, given)` that returns observations by name, as any objects.

`execution.guest.observation` turns the objects into plain values.
"""


def exercise(*, en: str, points: Mapping[str, int], **titles: str) -> None:
    """Declare an exercise: its title in English (`en`) and in each other language, and the points of its functions.

    The languages of the title are the languages of the exercise: each claim and each hint must exist in all of them.
    `points` lists the functions in the order of the exercise, each with a whole number of points, at least 1.
    """


def experiment(
    *,
    weight: int = 1,
    rtol: float = RTOL,
    atol: float = ATOL,
    at_most: Mapping[str, float] | None = None,
    node_names: bool = False,
    **claims: str,
) -> Callable[[Experiment], Experiment]:
    """Declare an experiment. The name of its first parameter is the name of the function that it checks.

    The docstring of the experiment is the claim that the student reads, in English. `claims` holds the same claim in
    each other language of the exercise, by language code: zh="...".

    weight: share of this check in the points of its function, relative to the weights of the function's other checks.
    rtol, atol: relative and absolute tolerance between an observation and its reference.
    at_most: name of an observation -> upper limit, which the observation is compared with instead of the reference.
    node_names: True if an observation contains names of backward nodes, which differ between minor versions of torch.
    """

    def return_unchanged(function: Experiment) -> Experiment:
        return function

    return return_unchanged


@dataclass(frozen=True)
class Check:
    """The declaration of a check, read from a file of experiments by a process that does not run the file."""

    function: str
    name: str
    claim: Text
    hidden: bool
    weight: int
    tolerance: Tolerance
    node_names: bool

    @cached_property
    def id(self) -> str:
        """Id that is unique in the course and the same in every language: "function::experiment"."""
        return f"{self.function}::{self.name}"
