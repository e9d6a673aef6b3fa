from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


# kind: single
# belief: Thinks that the mean in the loss runs over the samples only when it is differentiated.
# edit: `2 * (out - y) / x.shape[0]` should divide by out.size, the number of all N * C elements.
def mlp_backward_numpy__B_divide_by_n(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> dict:
    z = x @ w1 + b1
    h = np.maximum(z, 0)
    out = h @ w2 + b2
    if y.shape != out.shape:
        raise ValueError("y must have the shape of out")
    loss = float(np.mean((out - y) ** 2))

    d_out = 2 * (out - y) / x.shape[0]
    d_h = d_out @ w2.T
    d_z = d_h * (z > 0)
    return {
        "loss": loss,
        "x": d_z @ w1.T,
        "w1": x.T @ d_z,
        "b1": d_z.sum(axis=0),
        "w2": h.T @ d_out,
        "b2": d_out.sum(axis=0),
    }


# kind: single
# belief: Thinks that the backward pass of relu is relu applied to the incoming gradient.
# edit: `np.maximum(grad_h, 0)` should be grad_h * (z > 0), a mask by the forward input.
def mlp_backward_numpy__B_relu_of_gradient(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> dict:
    z = np.dot(x, w1) + b1
    h = np.where(z > 0, z, 0.0)
    out = np.dot(h, w2) + b2
    if out.shape != y.shape:
        raise ValueError(f"y has shape {y.shape}, out has {out.shape}")
    diff = out - y
    loss = (diff ** 2).mean()

    grad_out = 2.0 * diff / diff.size
    grad_w2 = np.dot(h.T, grad_out)
    grad_b2 = np.sum(grad_out, axis=0)
    grad_h = np.dot(grad_out, w2.T)
    grad_z = np.maximum(grad_h, 0)
    grad_w1 = np.dot(x.T, grad_z)
    grad_b1 = np.sum(grad_z, axis=0)
    grad_x = np.dot(grad_z, w1.T)
    return {"loss": float(loss), "x": grad_x, "w1": grad_w1, "b1": grad_b1, "w2": grad_w2, "b2": grad_b2}


# kind: single
# belief: Thinks that y fits when it has one entry per sample, and overlooks that numpy broadcasts the rest.
# edit: `len(y) != len(out)` lets a y of shape (N, 1) pass for an out of shape (N, C); it should compare y.shape with out.shape.
def mlp_backward_numpy__B_checks_rows_only(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> dict:
    a1 = x @ w1 + b1
    h1 = a1 * (a1 > 0)
    out = h1 @ w2 + b2
    if len(y) != len(out):
        raise ValueError("x and y must have the same number of samples")
    error = out - y
    result = {"loss": float(np.mean(error ** 2))}
    delta2 = 2 * error / error.size
    result["w2"] = h1.T @ delta2
    result["b2"] = delta2.sum(0)
    delta1 = (delta2 @ w2.T) * (a1 > 0)
    result["w1"] = x.T @ delta1
    result["b1"] = delta1.sum(0)
    result["x"] = delta1 @ w1.T
    return result


# kind: pair
# belief: Thinks that the slope of relu at 0 is 1. | Thinks that the gradient of a bias is the average over the samples.
# edit: `dz[z < 0] = 0` lets the gradient pass at z == 0; it should be dz[z <= 0] = 0. | `.mean(axis=0)` for b1 and b2 should be .sum(axis=0), as the 1/(N*C) is already in dout.
def mlp_backward_numpy__B_slope_one_bias_mean(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> dict:
    # forward
    z = x.dot(w1) + b1
    h = np.maximum(0, z)
    out = h.dot(w2) + b2
    if y.shape != out.shape:
        raise ValueError("shape of y is wrong")
    loss = np.square(out - y).mean()

    # backward
    dout = 2.0 * (out - y) / out.size
    dw2 = h.T.dot(dout)
    db2 = dout.mean(axis=0)
    dz = dout.dot(w2.T)
    dz[z < 0] = 0
    dw1 = x.T.dot(dz)
    db1 = dz.mean(axis=0)
    dx = dz.dot(w1.T)
    return {"loss": float(loss), "x": dx, "w1": dw1, "b1": db1, "w2": dw2, "b2": db2}


# kind: single
# belief: Thinks that it is enough for the result to be float64, and lets the differences be taken in the precision of x.
# edit: `base = x.detach().clone(...)` keeps float32; it should be converted to torch.float64 before f is called.
def numerical_gradient__B_keeps_float32(f: Callable[[Tensor], float | Tensor], x: Tensor, eps: float = 1e-5) -> Tensor:
    base = x.detach().clone(memory_format=torch.contiguous_format)
    grad = torch.zeros(x.shape, dtype=torch.float64)
    flat_grad = grad.view(-1)
    for i in range(base.numel()):
        plus = base.clone()
        minus = base.clone()
        plus.view(-1)[i] += eps
        minus.view(-1)[i] -= eps
        flat_grad[i] = (float(f(plus)) - float(f(minus))) / (2 * eps)
    return grad


# kind: single
# belief: Thinks that clone always gives a contiguous tensor.
# edit: `point.view(-1)` fails for a transposed x, whose strides clone keeps; call contiguous() first or index with the full index.
def numerical_gradient__B_clone_then_view(f: Callable[[Tensor], float | Tensor], x: Tensor, eps: float = 1e-5) -> Tensor:
    x64 = x.detach().to(torch.float64)

    def value(i, step):
        point = x64.clone()
        point.view(-1)[i] += step
        return float(f(point))

    slopes = [(value(i, eps) - value(i, -eps)) / (2 * eps) for i in range(x.numel())]
    return torch.tensor(slopes, dtype=torch.float64).reshape(x.shape)


# kind: pair
# belief: Thinks that double() always copies, so that its result may be changed for a while. | Forgets that the two points are 2 * eps apart.
# edit: `work = x.detach().double()` is x's own memory when x is float64; add .clone(). | `(high - low) / eps` should divide by 2 * eps.
def numerical_gradient__B_double_alias_one_eps(f: Callable[[Tensor], float | Tensor], x: Tensor, eps: float = 1e-5) -> Tensor:
    work = x.detach().double()
    grad = torch.zeros(x.shape, dtype=torch.float64)
    for index in np.ndindex(*x.shape):
        old = work[index].item()
        work[index] = old + eps
        high = float(f(work))
        work[index] = old - eps
        low = float(f(work))
        work[index] = old
        grad[index] = (high - low) / eps
    return grad
