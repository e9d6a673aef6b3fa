"""Closed forms of both functions, without a loop."""


def mean_square(x):
    """Divide the sum by the count."""
    if x.numel():
        return (x * x).sum() / x.numel()
    raise ValueError("nothing to average")


def descend(x, rate, steps):
    """Every step multiplies by the same factor."""
    return x * (1 - 2 * rate) ** steps
