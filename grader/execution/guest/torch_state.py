"""Reset torch's global state before and after each experiment, so that one function cannot change another's results.

Student code may make changes that the reset cannot undo, such as a patched operator. These changes affect no other
submission, because each submission runs in a separate process.
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
"""The dicts that hold torch's global hooks of all modules. In this process only a submission adds hooks to them."""

NUMPY_ERRORS = np.geterr()
RECURSION_LIMIT = sys.getrecursionlimit()
SAVED_TENSORS = torch._C._autograd
"""The module with torch's stack of `saved_tensors_hooks`; a submission may push such hooks and never pop them."""


@contextlib.contextmanager
def default_torch_state(seed: int) -> Iterator[None]:
    """Run a block in torch's default state with seeded global generators, and reset the state afterwards."""
    reset(seed)
    with warnings.catch_warnings(), torch.inference_mode(False), torch.enable_grad():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            reset(seed)


def reset(seed: int) -> None:
    """Reset the global switches of torch and numpy to their defaults and seed all global generators."""
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
    if sys.getrecursionlimit() < RECURSION_LIMIT:  # a higher limit stays: right answers may raise it for deep graphs
        sys.setrecursionlimit(RECURSION_LIMIT)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed would take 0.1 ms more, to format the call stack
    random.seed(seed)
    np.random.seed(seed % 2**32)
