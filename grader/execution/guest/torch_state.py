"""Torch's global state, put in order before each experiment and afterwards: one mistake must not cost another function.

What student code can switch and this cannot see (a patched operator) costs at most its own submission: every
submission has a process of its own.
"""

from __future__ import annotations

import contextlib
import random
import sys
import warnings
from collections.abc import Iterator

import numpy as np
import torch

GLOBAL_HOOKS = [
    hooks
    for name, hooks in vars(torch.nn.modules.module).items()
    if name.startswith("_global_") and isinstance(hooks, dict)
]
"""Hooks on every module: nobody but a submission sets them here."""

NUMPY_ERRORS = np.geterr()
RECURSION_LIMIT = sys.getrecursionlimit()
SAVED_TENSORS = torch._C._autograd
"""Where torch keeps the hooks of `saved_tensors_hooks`; a submission may have entered one and never left it."""


@contextlib.contextmanager
def pristine(seed: int) -> Iterator[None]:
    """Run a block in torch's default state with seeded global generators, and restore it afterwards."""
    reset(seed)
    with warnings.catch_warnings(), torch.inference_mode(False), torch.enable_grad():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            reset(seed)


def reset(seed: int) -> None:
    """Put the global switches of torch back to their defaults and seed every global generator."""
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    if torch.get_default_device().type != "cpu":
        torch.set_default_device(None)
    if torch.are_deterministic_algorithms_enabled():
        torch.use_deterministic_algorithms(False)
    torch.autograd.set_detect_anomaly(False)
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    for hooks in GLOBAL_HOOKS:
        hooks.clear()
    while SAVED_TENSORS._top_saved_tensors_default_hooks(False):
        SAVED_TENSORS._pop_saved_tensors_default_hooks()
    np.seterr(**NUMPY_ERRORS)
    if sys.getrecursionlimit() < RECURSION_LIMIT:  # more of it is how an honest file walks a deep graph
        sys.setrecursionlimit(RECURSION_LIMIT)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed formats the stack: a tenth of a millisecond
    random.seed(seed)
    np.random.seed(seed % 2**32)
