"""`@experiment` and `exercise(...)`: how a file of experiments declares what it holds.

A file of experiments is plain Python. Every declared value is a literal, so `course.discovery` reads it from the syntax
tree in the trusted process, which never runs the file. At run time the two functions below do nothing.

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
"""Seed of the goldens. Everybody knows it, so grading draws its own secret seed."""

Experiment: TypeAlias = Callable[..., Mapping[str, Any]]
"""`experiment(function, given)` returns observations by name; `execution.guest.observation` turns them into values."""


def exercise(*, en: str, points: Mapping[str, int], **titles: str) -> None:
    """Declare an exercise: its title in English (`en`) and in each other language, and the points of its functions.

    The exercise has the languages of its title: each claim and each hint must exist in all of them. The points of a
    function are 1 or more; `points` lists the functions in the order of the exercise.
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
    """Declare an experiment on the function that its first parameter names.

    The docstring is the claim that the student reads. `claims` holds the same claim in each other language of
    the exercise; the keyword is the code of the language, such as zh="...".

    weight: share of this check in its function's points, relative to the weights of the function's other checks.
    rtol, atol: relative and absolute tolerance between an observation and its reference.
    at_most: upper limits of observations that are compared with a limit instead of a reference.
    node_names: True if an observation holds names of backward nodes; they change with torch's minor version.
    """

    def return_unchanged(function: Experiment) -> Experiment:
        return function

    return return_unchanged


@dataclass(frozen=True)
class Check:
    """A check as the trusted process knows it: the declaration of its experiment, which is read and never run."""

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
