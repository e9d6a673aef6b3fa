from collections.abc import Iterable

import torch
from torch import Tensor


# kind: single
# belief: Thinks that .grad is free to be used as scratch space once the step is taken.
# edit: `p.grad.mul_(lr)` scales the gradient in place; it should be p.sub_(lr * p.grad).
def manual_sgd_step__B_scales_grad(params: Iterable[Tensor], lr: float) -> None:
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p.sub_(p.grad.mul_(lr))


# kind: single
# belief: Overlooks that a generator can be walked through only once.
# edit: The zip(params, grads) walks params a second time after the list comprehension has used it up; take params = list(params) first.
def manual_sgd_step__B_generator_twice(params: Iterable[Tensor], lr: float) -> None:
    grads = [p.grad for p in params]
    with torch.no_grad():
        for p, grad in zip(params, grads):
            if grad is None:
                continue
            p -= lr * grad


# kind: pair
# belief: Thinks that a missing gradient means that there is nothing more to do. | Thinks that a step should leave clean gradients for the next one.
# edit: `return` at a missing gradient should be continue. | `p.grad.zero_()` must go, as .grad has to be left as it was.
def manual_sgd_step__B_return_and_zero(params: Iterable[Tensor], lr: float) -> None:
    for p in params:
        if p.grad is None:
            return
        p.data.add_(p.grad, alpha=-lr)
        p.grad.zero_()


# kind: single
# belief: Thinks that momentum is an exponential moving average of the gradients.
# edit: `momentum * buf + (1 - momentum) * g` should be momentum * buf + g.
def sgd_step__B_ema_buffer(
    params: Iterable[Tensor],
    state: dict,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> None:
    if nesterov and momentum == 0:
        raise ValueError("nesterov needs momentum")
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            g = p.grad + weight_decay * p
            if momentum != 0:
                if p in state:
                    buf = momentum * state[p] + (1 - momentum) * g
                else:
                    buf = g.clone()
                state[p] = buf
                step = g + momentum * buf if nesterov else buf
            else:
                step = g
            p.sub_(lr * step)


# kind: single
# belief: Thinks that the learning rate belongs inside the velocity, as in the classical formula and in TensorFlow.
# edit: `velocity = momentum * velocity + lr * g` keeps old learning rates in the buffer; buf should be momentum * buf + g and lr multiply the whole step.
def sgd_step__B_lr_in_velocity(
    params: Iterable[Tensor],
    state: dict,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> None:
    if nesterov and momentum <= 0:
        raise ValueError("Nesterov momentum requires a momentum")
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            g = p.grad + weight_decay * p
            if momentum == 0:
                p -= lr * g
                continue
            velocity = state.get(id(p))
            if velocity is None:
                velocity = lr * g
            else:
                velocity = momentum * velocity + lr * g
            state[id(p)] = velocity
            if nesterov:
                p -= lr * g + momentum * velocity
            else:
                p -= velocity


# kind: single
# belief: Overlooks that storing the gradient stores the same tensor, which the next in-place update then changes.
# edit: `state[p] = g` keeps p.grad itself when there is no weight decay, and mul_ later writes into .grad; it should be g.clone().
def sgd_step__B_buffer_is_grad(
    params: Iterable[Tensor],
    state: dict,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> None:
    if nesterov and not momentum:
        raise ValueError("nesterov without momentum")
    for p in params:
        if p.grad is None:
            continue
        g = p.grad.detach()
        if weight_decay != 0:
            g = g.add(p.detach(), alpha=weight_decay)
        if momentum != 0:
            if p not in state:
                state[p] = g
            else:
                state[p].mul_(momentum).add_(g)
            buf = state[p]
            g = g.add(buf, alpha=momentum) if nesterov else buf
        p.data.add_(g, alpha=-lr)


# kind: pair
# belief: Thinks that weight decay is taken off the parameter directly and does not pass through the momentum. | Thinks that nesterov without momentum simply is plain SGD.
# edit: `p.mul_(1 - lr * weight_decay)` should be g = p.grad + weight_decay * p before the buffer is updated. | The ValueError for nesterov with momentum 0 is missing.
def sgd_step__B_decoupled_decay_no_error(
    params: Iterable[Tensor],
    state: dict,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> None:
    bufs = state.setdefault("bufs", {})
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            g = p.grad.clone()
            p.mul_(1 - lr * weight_decay)
            if momentum > 0:
                if p in bufs:
                    bufs[p] = momentum * bufs[p] + g
                else:
                    bufs[p] = g
                if nesterov:
                    g = g + momentum * bufs[p]
                else:
                    g = bufs[p]
            p.sub_(g, alpha=lr)


# kind: single
# belief: Thinks that eps stands under the square root together with vhat.
# edit: `(v_hat + eps).sqrt()` should be v_hat.sqrt() + eps.
def adam_step__B_eps_under_root(
    params: Iterable[Tensor],
    state: dict,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> None:
    b1, b2 = betas
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            if p not in state:
                state[p] = {"t": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
            s = state[p]
            s["t"] += 1
            g = p.grad
            if decoupled:
                p.mul_(1 - lr * weight_decay)
            else:
                g = g + weight_decay * p
            s["m"] = b1 * s["m"] + (1 - b1) * g
            s["v"] = b2 * s["v"] + (1 - b2) * g * g
            m_hat = s["m"] / (1 - b1 ** s["t"])
            v_hat = s["v"] / (1 - b2 ** s["t"])
            p.sub_(lr * m_hat / (v_hat + eps).sqrt())


# kind: single
# belief: Thinks that one step counter for the whole optimizer will do.
# edit: `state["t"]` counts the calls; each parameter needs its own counter, since it may have been skipped or come later.
def adam_step__B_global_counter(
    params: Iterable[Tensor],
    state: dict,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> None:
    beta1, beta2 = betas
    state["t"] = state.get("t", 0) + 1
    t = state["t"]
    for p in params:
        if p.grad is None:
            continue
        grad = p.grad.detach()
        if decoupled:
            p.data.mul_(1 - lr * weight_decay)
        else:
            grad = grad + weight_decay * p.detach()
        m, v = state.get(p, (torch.zeros_like(grad), torch.zeros_like(grad)))
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad ** 2
        state[p] = (m, v)
        m_hat = m / (1 - beta1 ** t)
        v_hat = v / (1 - beta2 ** t)
        p.data.sub_(lr * m_hat / (torch.sqrt(v_hat) + eps))


# kind: single
# belief: Thinks that it makes no difference whether AdamW shrinks the parameter before or after the step.
# edit: `p.mul_(1 - lr * weight_decay)` at the end also shrinks the new step; it must come before the update of p.
def adam_step__B_decay_after_step(
    params: Iterable[Tensor],
    state: dict,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> None:
    b1, b2 = betas
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            g = p.grad.clone()
            if weight_decay != 0 and not decoupled:
                g.add_(p, alpha=weight_decay)
            entry = state.setdefault(id(p), {"step": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)})
            entry["step"] += 1
            entry["m"].mul_(b1).add_(g, alpha=1 - b1)
            entry["v"].mul_(b2).addcmul_(g, g, value=1 - b2)
            mhat = entry["m"] / (1 - b1 ** entry["step"])
            vhat = entry["v"] / (1 - b2 ** entry["step"])
            p.addcdiv_(mhat, vhat.sqrt().add_(eps), value=-lr)
            if weight_decay != 0 and decoupled:
                p.mul_(1 - lr * weight_decay)


# kind: pair
# belief: Thinks that the bias-corrected averages are the ones to be carried on to the next step. | Thinks that g is a copy of the gradient to which the decay may be added in place.
# edit: The state stores m and v after the division by 1 - b^t; the uncorrected ones must be stored. | `g.add_(p, alpha=weight_decay)` writes into p.grad; it should be g = g + weight_decay * p.
def adam_step__B_stores_corrected_adds_to_grad(
    params: Iterable[Tensor],
    state: dict,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> None:
    b1, b2 = betas
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            if p in state:
                t, m, v = state[p]
            else:
                t, m, v = 0, torch.zeros_like(p), torch.zeros_like(p)
            g = p.grad
            if weight_decay:
                if decoupled:
                    p.mul_(1 - lr * weight_decay)
                else:
                    g.add_(p, alpha=weight_decay)
            t = t + 1
            m = b1 * m + (1 - b1) * g
            v = b2 * v + (1 - b2) * g * g
            m = m / (1 - b1 ** t)
            v = v / (1 - b2 ** t)
            state[p] = (t, m, v)
            p -= lr * m / (v.sqrt() + eps)
