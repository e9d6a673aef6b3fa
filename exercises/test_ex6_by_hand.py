"""Public experiments of exercise 6: backpropagation by hand."""

import numpy as np
import torch

from grader import Given, exercise, experiment

exercise(
    en="Backpropagation by hand",
    zh="手写反向传播",
    points={"mlp_backward_numpy": 5, "numerical_gradient": 4},
)


def arrays(given: Given, n: int, d: int, h: int, c: int) -> dict:
    """Return arguments of mlp_backward_numpy: n rows, d inputs, h hidden units, c outputs."""
    shapes = {"x": (n, d), "y": (n, c), "w1": (d, h), "b1": (h,), "w2": (h, c), "b2": (c,)}
    return {name: given.array(name, *shape) for name, shape in shapes.items()}


@experiment(zh="loss 是一个 float，即全部 N*C 个元素平方误差的平均；梯度是 numpy 数组，w2、b2 的梯度与变量同形状。")
def loss_and_output_layer(mlp_backward_numpy, given: Given):
    """The loss is a float, the mean of all N * C squared errors; gradients are arrays, shaped like their variables."""
    found = mlp_backward_numpy(**arrays(given, 6, 4, 5, 3))
    no_arrays = [name for name in ("x", "w1", "b1", "w2", "b2") if not isinstance(found.get(name), np.ndarray)]
    return {**{name: found.get(name, "missing") for name in ("loss", "w2", "b2")}, "no numpy arrays": no_arrays}


@experiment(zh="误差继续穿过 relu 往回传：只有前向时大于零的隐藏单元才把梯度传给 w1、b1 和 x。")
def back_through_relu(mlp_backward_numpy, given: Given):
    """The gradients of w1, b1 and x come through relu: only hidden units that were positive pass them on."""
    found = mlp_backward_numpy(*arrays(given, 6, 4, 5, 3).values())
    return {name: found.get(name, "missing") for name in ("w1", "b1", "x", "loss")}


@experiment(zh="隐藏单元在 relu 之前恰好为零时不传回梯度；只有一个样本或一个输出时，梯度的形状仍与变量相同。")
def units_at_zero_and_sizes_of_one(mlp_backward_numpy, given: Given):
    """A unit that is exactly 0 before relu passes nothing back; with one sample or output, the shapes stay right."""
    made = arrays(given, 5, 3, 4, 2)
    made["x"] = given.keep("x", made["x"] * np.array([[1.0], [0.0], [1.0], [0.0], [1.0]]))
    made["b1"] = given.keep("b1", np.zeros(4))
    single = {**arrays(given, 1, 3, 4, 1), "b1": made["b1"]}
    at_zero, one = mlp_backward_numpy(**made), mlp_backward_numpy(**single)
    names = ("loss", "x", "w1", "b1", "w2", "b2")
    return {
        **{f"{name}, units at zero": at_zero.get(name, "missing") for name in names},
        **{f"{name}, N = C = 1": one.get(name, "missing") for name in names},
    }


@experiment(zh="y 与 out 形状不同（即使能广播）时抛出 ValueError，例如 y 是 (N,) 而 out 是 (N, 1)。", rtol=1e-5)
def y_must_fit(mlp_backward_numpy, given: Given):
    """A y whose shape is not that of out raises ValueError, even if it could be broadcast, such as (N,) for (N, 1)."""
    wide, narrow = arrays(given, 5, 2, 4, 3), arrays(given, 5, 2, 4, 1)
    y, fitting = wide["y"], mlp_backward_numpy(**wide)
    return {
        "(5,) for (5, 1)": given.error(lambda: mlp_backward_numpy(**{**narrow, "y": narrow["y"][:, 0]})),
        "(5, 1) for (5, 3)": given.error(lambda: mlp_backward_numpy(**{**wide, "y": y[:, :1]})),
        "(1, 3) for (5, 3)": given.error(lambda: mlp_backward_numpy(**{**wide, "y": y[:1]})),
        "(3,) for (5, 3)": given.error(lambda: mlp_backward_numpy(**{**wide, "y": y[0]})),
        "(3, 5) for (5, 3)": given.error(lambda: mlp_backward_numpy(**{**wide, "y": y.T})),
        "loss, fitting": fitting["loss"],
    }


@experiment(zh="对 x 的每一个元素求一个差分，结果是与 x 同形状的 float64 张量。", rtol=1e-6, atol=1e-6)
def every_entry(numerical_gradient, given: Given):
    """Every entry of x gets its own difference, in a float64 tensor of the shape of x."""
    x, weights = given.tensor("x", 2, 3), given.tensor("weights", 2, 3)
    transposed = given.keep("transposed", given.tensor("base", 3, 2).T)

    def f(t):
        return (weights * t * t).sum() + t.prod()

    return {"gradient": numerical_gradient(f, x), "transposed": numerical_gradient(f, transposed)}


@experiment(zh="f 可以返回 float；x 可以是零维的，也可以没有元素。", rtol=1e-6, atol=1e-6)
def floats_and_any_shape(numerical_gradient, given: Given):
    """f may return a float; x may be zero-dim, or have no element."""
    single, line = given.tensor("single"), given.tensor("line", 4, low=1.0, high=3.0)
    return {
        "zero-dim": numerical_gradient(lambda t: t * t * 3, single),
        "f returns a float": numerical_gradient(lambda t: (t * t * t).sum().item(), line),
        "(0,)": numerical_gradient(lambda t: t.sum(), torch.zeros(0, dtype=torch.float64)),
    }


@experiment(zh="不写 eps 时步长是 1e-5；x 是 float32 时，也在 float64 中计算，结果是 float64。")
def default_step_in_double_precision(numerical_gradient, given: Given):
    """Without eps the step is 1e-5; a float32 x is moved in float64, and the result is float64."""
    x = given.tensor("x", 3, low=0.25, high=1.0, dtype=torch.float32)

    def fast(t):
        return torch.sin(2000.0 * t).sum()

    return {"gradient": numerical_gradient(fast, x), "of a float64 x": numerical_gradient(fast, x.double())}


@experiment(zh="eps 较大时也严格按公式：向两边各走一步 eps，再除以 2·eps。")
def both_sides_at_any_eps(numerical_gradient, given: Given):
    """With a large eps, the result is the formula as well: a step of eps to each side, divided by 2 * eps."""
    x, weights = given.tensor("x", 5, low=1.5, high=2.5), given.tensor("weights", 5, low=1.0, high=2.0)

    def f(t):
        return (weights * t**3).sum() + torch.exp(t.sum() / 5)

    return {
        "eps 0.05": numerical_gradient(f, x, 0.05),
        "eps 0.25": numerical_gradient(f, x, eps=0.25),
        "fast f, eps 0.001": numerical_gradient(lambda t: torch.sin(2000.0 * t).sum(), x, 1e-3),
    }


@experiment(
    zh="调用者的 x 任何时候都不变，即使 f 在计算途中去看它；需要梯度的叶子 x 也可以传入。", rtol=1e-6, atol=1e-6
)
def callers_x_is_never_changed(numerical_gradient, given: Given):
    """The caller's x never changes, not even while f runs; x may be a leaf that requires grad."""
    x, weights = given.tensor("x", 4), given.tensor("weights", 4)
    leaf = given.tensor("leaf", 2, 2, requires_grad=True)
    return {
        "f looks at x": numerical_gradient(lambda t: (weights * x * t).sum(), x),
        "of a leaf": numerical_gradient(lambda t: (t * t).sum() / 4, leaf),
        "leaf.grad": leaf.grad,
    }
