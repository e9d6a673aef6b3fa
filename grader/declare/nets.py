"""The old path of the nets for experiments: `from grader import LeNet, conv, linear` replaces it."""

from __future__ import annotations

import warnings

from grader.experiments.nets import LeNet, conv, linear, load_digits

__all__ = ["LeNet", "conv", "linear", "load_digits"]

warnings.warn(
    "grader.declare.nets has moved: write `from grader import LeNet, conv, linear`. This path goes with release 0.3.",
    DeprecationWarning,
    stacklevel=2,
)
