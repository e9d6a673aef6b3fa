"""Public experiments of the miniature course."""

from grader import Given, exercise, experiment

exercise(en="Small things", zh="小练习", points={"mean_square": 3, "descend": 2})


@experiment(zh="结果是平方的平均值，梯度为 2x/n。")
def value_and_gradient(mean_square, given: Given):
    """The result is the mean of the squares, and its gradient is 2 x / n."""
    x = given.tensor("x", 2, 3, requires_grad=True)
    result = mean_square(x)
    return {"mean": result, **given.gradients(result, x=x)}


@experiment(zh="每一步都沿着负梯度走 rate 倍。")
def one_step(descend, given: Given):
    """One step subtracts `rate` times the gradient of the sum of squares."""
    return {"x": descend(given.tensor("x", 4), 0.1, 1)}
