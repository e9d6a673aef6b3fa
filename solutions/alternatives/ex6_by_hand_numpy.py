"""Exercise 6 with einsum and np.where, and with np.ndindex over a numpy copy."""

import numpy as np
import torch


def mlp_backward_numpy(x, y, w1, b1, w2, b2):
    z = np.einsum("nd,dh->nh", x, w1) + b1
    a = np.where(z > 0, z, 0.0)
    e = np.einsum("nh,hc->nc", a, w2) + b2 - (y if y.shape == (len(x), len(b2)) else _refuse(y))
    g = e * (2.0 / e.size)
    gz = np.where(z > 0, np.einsum("nc,hc->nh", g, w2), 0.0)
    return {
        "b2": np.einsum("nc->c", g),
        "w2": np.einsum("nh,nc->hc", a, g),
        "b1": np.einsum("nh->h", gz),
        "w1": np.einsum("nd,nh->dh", x, gz),
        "x": np.einsum("nh,dh->nd", gz, w1),
        "loss": np.mean(e * e),
    }


def _refuse(y):
    raise ValueError(f"y has the wrong shape: {y.shape}")


def numerical_gradient(f, x, eps=1e-5):
    a = x.detach().cpu().numpy().astype(np.float64)
    gradient = np.zeros(a.shape)
    for index in np.ndindex(*a.shape):
        values = []
        for sign in (1, -1):
            moved = a.copy()
            moved[index] += sign * eps
            values.append(float(f(torch.from_numpy(moved))))
        gradient[index] = (values[0] - values[1]) / (eps + eps)
    return torch.from_numpy(gradient)
