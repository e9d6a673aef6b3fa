"""Trivial answers: functions that compute nothing. The doctor reports each check that a trivial answer passes."""

TRIVIAL_ANSWERS = {
    "return None": "return None",
    "return the first argument": "return args[0] if args else None",
    "return the last argument": "return args[-1] if args else None",
    "return a copy of the first argument": "import copy; return copy.deepcopy(args[0]) if args else None",
    "return 0.0": "return 0.0",
    "return an empty list": "return []",
    "return a zero tensor": "import torch; return torch.zeros((), dtype=torch.float64)",
    "return zeros like the first argument": "import torch; return torch.zeros_like(args[0])",
    "return NaN": "import torch; return torch.tensor(float('nan'), dtype=torch.float64)",
    "always raise ValueError": "raise ValueError('no')",
}
"""Description of each trivial answer -> code of the body of its function."""


def trivial_answer(function: str, body: str) -> str:
    """Return the source of a trivial answer: a function that accepts any arguments."""
    return f"def {function}(*args, **kwargs):\n    {body}\n"
