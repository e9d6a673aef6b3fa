"""Hidden experiments of exercise 6: backpropagation by hand."""

import numpy as np
import torch

from grader import Given, experiment

KEYS = ("loss", "x", "w1", "b1", "w2", "b2")


def arrays(given: Given, n: int, d: int, h: int, c: int) -> dict:
    """Return arguments of mlp_backward_numpy: n rows, d inputs, h hidden units, c outputs."""
    shapes = {"x": (n, d), "y": (n, c), "w1": (d, h), "b1": (h,), "w2": (h, c), "b2": (c,)}
    return {name: given.array(name, *shape) for name, shape in shapes.items()}


def directions(found) -> dict:
    """Return the loss of a result, and its gradients divided by their joint norm: so a constant factor cancels out."""
    gradients = {name: found.get(name, "missing") for name in KEYS[1:]}
    if all(isinstance(gradient, np.ndarray) and gradient.dtype == np.float64 for gradient in gradients.values()):
        norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients.values()))
        gradients = {f"{name} divided by the norm": gradient / norm for name, gradient in gradients.items()}
    return {**gradients, "loss": found.get("loss", "missing")}


@experiment(zh="隐藏单元在 relu 之前恰好为零时，不传回任何梯度（与 PyTorch 相同）。")
def no_slope_at_zero(mlp_backward_numpy, given: Given):
    """A hidden unit that is exactly 0 before relu passes nothing back, as in PyTorch."""
    made = arrays(given, 4, 3, 5, 2)
    zeros = np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    made |= {"x": made["x"] * np.array([[1.0], [0.0], [1.0], [0.0]]), "b1": made["b1"] * zeros}
    made["w1"] = made["w1"] * np.array([0.0, 1.0, 1.0, 1.0, 1.0])
    for name in ("x", "b1", "w1"):
        given.keep(name, made[name])
    return directions(mlp_backward_numpy(**made))


@experiment(zh="只有一个样本、一个特征、一个单元或一个输出时，梯度的形状仍与变量相同。")
def sizes_of_one(mlp_backward_numpy, given: Given):
    """With a single sample, feature, unit or output the gradients keep the shapes of their variables."""
    one_sample = mlp_backward_numpy(**arrays(given, 1, 3, 4, 2))
    one_output = mlp_backward_numpy(**arrays(given, 4, 1, 5, 1))
    one_unit = mlp_backward_numpy(**{**arrays(given, 3, 2, 1, 2), "b1": np.full(1, 9.0)})
    return {
        f"{name}, {case}": found.get(name, "missing")
        for case, found in (("N = 1", one_sample), ("D = C = 1", one_output), ("H = 1", one_unit))
        for name in KEYS
    }


@experiment(zh="所有尺寸都相同时，梯度也正确：这时转置写错并不会报错。")
def square_matrices(mlp_backward_numpy, given: Given):
    """With equal sizes the gradients are right as well: there a wrong transpose raises no error."""
    return directions(mlp_backward_numpy(**arrays(given, 5, 5, 5, 5)))


@experiment(zh="所有隐藏单元都没有激活时，out 就是 b2：只有 b2 的梯度不为零。")
def all_units_off(mlp_backward_numpy, given: Given):
    """If no hidden unit is active, out is b2, and only b2 has a gradient that is not zero."""
    made = arrays(given, 3, 2, 4, 2)
    made["b1"] = given.keep("b1", -50.0 - np.abs(made["b1"]))
    made["b2"] = given.keep("b2", np.abs(made["b2"]) * np.array([1.0, -1.0]))
    return directions(mlp_backward_numpy(**made))


@experiment(zh="每次调用互不影响：后一次调用不会改动先前的结果。")
def calls_are_independent(mlp_backward_numpy, given: Given):
    """Calls do not influence each other: a later call does not change an earlier result."""
    made = arrays(given, 6, 3, 4, 3)
    first = mlp_backward_numpy(**made)
    second = mlp_backward_numpy(**{**made, "x": made["x"] * 2, "y": made["y"] - 1})
    return {
        f"{name}, {call}": found.get(name, "missing")
        for call, found in (("first", first), ("second", second))
        for name in KEYS
    }


@experiment(
    zh="任意内存布局都可以：转置、跨步切片、扩展（多个元素共用内存）的 x 都逐元素求差分。", rtol=1e-6, atol=1e-6
)
def any_memory_layout(numerical_gradient, given: Given):
    """Any memory layout works: in transposed, sliced and expanded tensors every entry is moved on its own."""
    weights = given.tensor("weights", 3, 2)
    transposed = given.keep("transposed", given.tensor("base", 2, 3).T)
    sliced = given.keep("sliced", given.tensor("long", 6, 4)[::2, 1::2])
    expanded = given.keep("expanded", given.tensor("row", 1, 2).expand(3, 2))

    def f(t):
        return (weights * t * t).sum() + t[0, 1] * t[2, 0]

    return {
        "transposed": numerical_gradient(f, transposed, 1e-3),
        "sliced": numerical_gradient(f, sliced, 1e-3),
        "expanded": numerical_gradient(f, expanded, 1e-3),
    }


@experiment(zh="f 可以返回 float；x 可以是零维的，也可以没有元素。", rtol=1e-6, atol=1e-6)
def floats_and_small_shapes(numerical_gradient, given: Given):
    """f may return a float; x may be zero-dim, or have no element at all."""
    single, line = given.tensor("single"), given.tensor("line", 3, low=1.0, high=3.0)
    return {
        "zero-dim": numerical_gradient(lambda t: t * t * 3, single),
        "zero-dim, float": numerical_gradient(lambda t: float(t) ** 2, single),
        "float": numerical_gradient(lambda t: (t * t * t).sum().item(), line),
        "(0,)": numerical_gradient(lambda t: t.sum(), torch.zeros(0, dtype=torch.float64)),
        "(2, 0)": numerical_gradient(lambda t: float(t.sum()), torch.zeros(2, 0, dtype=torch.float64)),
    }


@experiment(zh="x 为 float32 时，f 收到的也是与 x 同形状的 float64 张量。", rtol=1e-6, atol=1e-6)
def single_precision_in_double(numerical_gradient, given: Given):
    """For a float32 x, f gets float64 tensors of the shape of x."""
    x = given.tensor("x", 2, 2, dtype=torch.float32, low=1.0, high=2.0)
    seen = set()

    def f(t):
        seen.add(f"{t.dtype} {tuple(t.shape)}")
        return (t**3).sum() + torch.linalg.det(t)

    return {"gradient": numerical_gradient(f, x), "f got": sorted(seen)}


@experiment(zh="不写 eps 时步长是 1e-5，f 变化很快时也一样。")
def default_step(numerical_gradient, given: Given):
    """Without eps the step is 1e-5, also where f changes fast."""
    x = given.tensor("x", 3, low=0.1, high=0.2)
    return {"gradient": numerical_gradient(lambda t: torch.sin(3000.0 * t).sum(), x)}
