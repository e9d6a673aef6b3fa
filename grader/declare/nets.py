"""Former path of the nets for experiments. Write `from grader import LeNet, conv, linear` instead."""

from __future__ import annotations

import warnings

from grader.experiments.nets import LeNet, conv, linear, load_digits

__all__ = ["LeNet", "conv", "linear", "load_digits"]

warnings.warn(
    "grader.declare.nets has moved: write `from grader import LeNet, conv, linear`. Release 0.3 removes the old path.",
    DeprecationWarning,
    stacklevel=2,
)
