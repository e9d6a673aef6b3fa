"""Exercise 6 with torch's forward pass and backward() on copies, and rows of an identity matrix as steps."""

import torch


def mlp_backward_numpy(x, y, w1, b1, w2, b2):
    leaves = {
        name: torch.tensor(values, requires_grad=True)
        for name, values in {"x": x, "w1": w1, "b1": b1, "w2": w2, "b2": b2}.items()
    }
    hidden = torch.relu(leaves["x"] @ leaves["w1"] + leaves["b1"])
    out = hidden @ leaves["w2"] + leaves["b2"]
    if tuple(out.shape) != y.shape:
        raise ValueError("y")
    loss = torch.nn.functional.mse_loss(out, torch.from_numpy(y))
    loss.backward()
    return {"loss": loss.item()} | {name: leaf.grad.numpy() for name, leaf in leaves.items()}


@torch.no_grad()
def numerical_gradient(f, x, eps=1e-5):
    point = x.double()
    steps = eps * torch.eye(x.numel(), dtype=torch.float64).reshape(x.numel(), *x.shape)
    slopes = [(float(f(point + step)) - float(f(point - step))) / eps / 2 for step in steps]
    return torch.tensor(slopes, dtype=torch.float64).reshape(x.shape)
