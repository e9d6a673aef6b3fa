"""The miniature exercise: two small functions.

中文 (zh)
---------
小练习：两个小函数。
"""

import torch


def mean_square(x: torch.Tensor) -> torch.Tensor:
    """Return the mean of the squared entries, attached to the graph of x. Raises ValueError when there are none.

    中文 (zh)
    ---------
    返回各元素平方的平均值，仍连着 x 的计算图；没有元素时抛出 ValueError。
    """
    ### BEGIN SOLUTION
    if x.numel() == 0:
        raise ValueError("no entries")
    return (x**2).mean()
    ### END SOLUTION


def descend(x: torch.Tensor, rate: float, steps: int) -> torch.Tensor:
    """Go `steps` steps of gradient descent on the sum of squares, from x on; x itself stays as it is.

    中文 (zh)
    ---------
    从 x 出发，对平方和做 steps 步梯度下降；x 本身不变。
    """
    ### BEGIN SOLUTION
    y = x.detach().clone()
    while steps > 0:
        y = y - rate * 2 * y
        steps -= 1
    return y
    ### END SOLUTION
