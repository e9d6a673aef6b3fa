"""Hidden experiments of the miniature course."""

from grader import Given, experiment


@experiment(zh="空张量抛出 ValueError；只有一个元素时，平均值就是它的平方。", weight=2)
def empty_raises(mean_square, given: Given):
    """An empty tensor raises ValueError; the mean of a single entry is its square."""
    x = given.tensor("x", 1)
    return {"no entries": given.error(lambda: mean_square(x[:0])), "one entry": mean_square(x)}


@experiment(zh="走很多步之后，离最小值不到 0.01。", at_most={"distance": 0.01})
def comes_close(descend, given: Given):
    """After many steps the minimum is nearer than 0.01, and two steps are one and one more."""
    x = given.tensor("x", 3, low=1.0, high=2.0)
    far = descend(x, 0.25, 30)
    return {"distance": float(far.abs().max()), "two steps": descend(x, 0.25, 2)}
