from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


# kind: single
# belief: The learner lets the gradient through where the hidden value before relu is exactly 0, although the slope of relu at 0 is 0.
# edit: `z >= 0` is wrong; the mask should be z > 0.
def mlp_backward_numpy__A_relu_slope_at_zero(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> dict:
    z = x @ w1 + b1
    h = np.maximum(z, 0.0)
    out = h @ w2 + b2
    if y.shape != out.shape:
        raise ValueError(f"y has shape {y.shape}, out has {out.shape}")

    diff = out - y
    grad_out = 2.0 * diff / diff.size
    grad_h = grad_out @ w2.T
    grad_z = grad_h * (z >= 0)
    return {
        "loss": float(np.mean(diff ** 2)),
        "x": grad_z @ w1.T,
        "w1": x.T @ grad_z,
        "b1": grad_z.sum(axis=0),
        "w2": h.T @ grad_out,
        "b2": grad_out.sum(axis=0),
    }


# kind: single
# belief: The learner keeps the summed axis of the bias gradients, overlooking that they must have the shape (H,) and (C,) of the biases.
# edit: `keepdims=True` in both bias gradients is wrong; it should be left out.
def mlp_backward_numpy__A_bias_keepdims(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> dict:
    # forward
    pre = np.dot(x, w1) + b1
    hidden = np.where(pre > 0, pre, 0.0)
    out = np.dot(hidden, w2) + b2
    if out.shape != y.shape:
        raise ValueError("y must be of the shape of out")
    loss = ((out - y) ** 2).mean()

    # backward
    d_out = 2 * (out - y) / y.size
    d_w2 = np.dot(hidden.T, d_out)
    d_b2 = np.sum(d_out, axis=0, keepdims=True)
    d_hidden = np.dot(d_out, w2.T)
    d_hidden[pre <= 0] = 0
    d_w1 = np.dot(x.T, d_hidden)
    d_b1 = np.sum(d_hidden, axis=0, keepdims=True)
    d_x = np.dot(d_hidden, w1.T)
    return {"loss": float(loss), "x": d_x, "w1": d_w1, "b1": d_b1, "w2": d_w2, "b2": d_b2}


# kind: pair
# belief: The learner divides the gradient of the mean by the number of samples only, overlooking that the mean runs over N * C elements. | The learner checks only that y has as many rows as x, so a y of shape (N, 1) is broadcast.
# edit: `2 * err / n` is wrong; it should be divided by err.size. | `y.shape[0] != n` is wrong; it should be y.shape != out.shape.
def mlp_backward_numpy__A_divide_by_n_row_check(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> dict:
    n = x.shape[0]
    if y.shape[0] != n:
        raise ValueError("x and y need the same number of rows")
    a1 = x @ w1 + b1
    h1 = a1 * (a1 > 0)
    out = h1 @ w2 + b2
    err = out - y

    g = {"loss": float((err * err).mean())}
    delta2 = 2 * err / n
    g["w2"] = h1.T @ delta2
    g["b2"] = delta2.sum(0)
    delta1 = (delta2 @ w2.T) * (a1 > 0)
    g["w1"] = x.T @ delta1
    g["b1"] = delta1.sum(0)
    g["x"] = delta1 @ w1.T
    return g


# kind: pair
# belief: The learner subtracts in place to save memory and overlooks that y belongs to the caller. | The learner takes the gradient of b1 from the hidden gradient before the relu mask, overlooking that b1 sits before the relu.
# edit: `y -= out` is wrong; it should be a new array, residual = y - out. | `gh.sum(axis=0)` for b1 is wrong; it should be gz.sum(axis=0).
def mlp_backward_numpy__A_y_in_place_b1_unmasked(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> dict:
    z = x @ w1 + b1
    h = np.maximum(0, z)
    out = h @ w2 + b2
    if y.shape != out.shape:
        raise ValueError("wrong shape of y")
    y -= out
    loss = float(np.square(y).mean())
    gout = -2.0 / y.size * y
    gw2 = h.T @ gout
    gb2 = gout.sum(axis=0)
    gh = gout @ w2.T
    gz = gh * (z > 0)
    gw1 = x.T @ gz
    gb1 = gh.sum(axis=0)
    gx = gz @ w1.T
    return dict(loss=loss, x=gx, w1=gw1, b1=gb1, w2=gw2, b2=gb2)


# kind: single
# belief: The learner believes .double() always makes a copy, overlooking that a float64 x is handed back itself and is then changed for a moment.
# edit: `x.detach().double().reshape(-1)` is wrong; a .clone() is missing.
def numerical_gradient__A_double_is_a_copy(
    f: Callable[[Tensor], float | Tensor], x: Tensor, eps: float = 1e-5
) -> Tensor:
    flat = x.detach().double().reshape(-1)
    grad = torch.zeros(flat.numel(), dtype=torch.float64)
    for i in range(flat.numel()):
        old = flat[i].item()
        flat[i] = old + eps
        up = float(f(flat.view(x.shape)))
        flat[i] = old - eps
        down = float(f(flat.view(x.shape)))
        flat[i] = old
        grad[i] = (up - down) / (2 * eps)
    return grad.reshape(x.shape)


# kind: single
# belief: The learner shifts the elements in the dtype of x and converts to float64 only for f, overlooking that a small eps is lost or rounded in float32.
# edit: `x.detach().clone()` for plus and minus is wrong; it should be converted to float64 before eps is added.
def numerical_gradient__A_shift_in_float32(
    f: Callable[[Tensor], float | Tensor], x: Tensor, eps: float = 1e-5
) -> Tensor:
    grad = torch.zeros(x.shape, dtype=torch.float64)
    for index in np.ndindex(*x.shape):
        plus = x.detach().clone()
        minus = x.detach().clone()
        plus[index] += eps
        minus[index] -= eps
        difference = float(f(plus.double())) - float(f(minus.double()))
        grad[index] = difference / (2 * eps)
    return grad


# kind: pair
# belief: The learner thinks a clone is always contiguous and can be viewed flat, overlooking that clone keeps the layout of a transposed x. | The learner assumes that f returns a tensor and calls .item(), overlooking that it may return a float.
# edit: `probe.view(-1)` is wrong for other memory layouts; the clone should be made with memory_format=torch.contiguous_format (or x.contiguous().clone()). | `.item()` on the results of f is wrong; float(f(...)) works for both.
def numerical_gradient__A_view_clone_and_item(
    f: Callable[[Tensor], float | Tensor], x: Tensor, eps: float = 1e-5
) -> Tensor:
    base = x.detach().to(torch.float64)

    def shifted(i, amount):
        probe = base.clone()
        probe.view(-1)[i] += amount
        return f(probe).item()

    values = [(shifted(i, eps) - shifted(i, -eps)) / (2 * eps) for i in range(x.numel())]
    return torch.tensor(values, dtype=torch.float64).reshape(x.shape)
