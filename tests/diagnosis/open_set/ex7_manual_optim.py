import math
from collections.abc import Iterable

import torch
from torch import Tensor


# kind: single
# belief: The learner scales the gradient in place before subtracting it, overlooking that .grad must be left as it was.
# edit: `p.grad.mul_(lr)` is wrong; it should be p.sub_(lr * p.grad) or p.add_(p.grad, alpha=-lr).
def manual_sgd_step__A_scales_grad(params: Iterable[Tensor], lr: float) -> None:
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            p.grad.mul_(lr)
            p.sub_(p.grad)


# kind: pair
# belief: The learner switches requires_grad off for the update and on again for every parameter, overlooking parameters for which it was off before. | The learner stops at the first parameter without a gradient instead of skipping it.
# edit: `p.requires_grad = True` is wrong; use torch.no_grad() and leave the flag alone. | `break` is wrong; it should be continue.
def manual_sgd_step__A_flag_on_and_break(params: Iterable[Tensor], lr: float) -> None:
    for p in params:
        if p.grad is None:
            break
        p.requires_grad = False
        p -= lr * p.grad
        p.requires_grad = True


# kind: single
# belief: The learner stores the gradient itself as the first buffer, overlooking that the later in-place update of the buffer changes .grad.
# edit: `state[p] = g` is wrong; it should be g.clone().
def sgd_step__A_buffer_is_grad(
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
            g = p.grad
            if weight_decay != 0:
                g = g + weight_decay * p
            step = g
            if momentum != 0:
                if p not in state:
                    state[p] = g
                else:
                    state[p].mul_(momentum).add_(g)
                buf = state[p]
                step = g + momentum * buf if nesterov else buf
            p.sub_(lr * step)


# kind: single
# belief: The learner puts the learning rate into the velocity as in the textbook form, overlooking that this differs from torch.optim.SGD once lr changes between steps.
# edit: `velocity = momentum * velocity + lr * g` is wrong; lr should be left out of the buffer and multiply the step only.
def sgd_step__A_lr_in_velocity(
    params: Iterable[Tensor],
    state: dict,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> None:
    if nesterov and not momentum:
        raise ValueError("Nesterov momentum requires a momentum")
    for p in params:
        if p.grad is None:
            continue
        g = p.grad.detach() + weight_decay * p.detach()
        velocity = state.get(id(p), torch.zeros_like(g))
        velocity = momentum * velocity + lr * g
        if momentum:
            state[id(p)] = velocity
        with torch.no_grad():
            if nesterov:
                p -= lr * g + momentum * velocity
            else:
                p -= velocity


# kind: single
# belief: The learner keeps one momentum buffer under a fixed key, overlooking that every parameter needs its own.
# edit: `state["buf"]` is wrong; the key should tell the parameters apart, such as state[p].
def sgd_step__A_one_buffer_for_all(
    params: Iterable[Tensor],
    state: dict,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> None:
    if nesterov and momentum == 0.0:
        raise ValueError("nesterov without momentum")

    @torch.no_grad()
    def update(p):
        d = p.grad.add(p, alpha=weight_decay)
        if momentum > 0:
            if "buf" in state:
                state["buf"] = momentum * state["buf"] + d
            else:
                state["buf"] = d.clone()
            if nesterov:
                d = d + momentum * state["buf"]
            else:
                d = state["buf"]
        p.add_(d, alpha=-lr)

    for p in params:
        if p.grad is not None:
            update(p)


# kind: pair
# belief: The learner adds the weight decay into .grad in place, overlooking that .grad must be left as it was. | The learner mixes up the two terms of the Nesterov step, which are equal on the first step only.
# edit: `p.grad.add_(p, alpha=weight_decay)` is wrong; it should be g = p.grad + weight_decay * p. | `buf + momentum * g` is wrong; it should be g + momentum * buf.
def sgd_step__A_decay_into_grad_nesterov_swap(
    params: Iterable[Tensor],
    state: dict,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> None:
    if nesterov and momentum <= 0:
        raise ValueError("nesterov=True needs momentum > 0")
    buffers = state.setdefault("buffers", {})
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            if weight_decay:
                p.grad.add_(p, alpha=weight_decay)
            g = p.grad
            if momentum:
                buf = buffers.get(p)
                buf = g.clone() if buf is None else momentum * buf + g
                buffers[p] = buf
                if nesterov:
                    step = buf + momentum * g
                else:
                    step = buf
            else:
                step = g
            p -= lr * step


# kind: single
# belief: The learner counts the calls in one common t, overlooking that t counts the steps of each parameter, which may have been skipped before.
# edit: `state["t"] = state.get("t", 0) + 1` is wrong; t should be kept for each parameter and raised only when it is updated.
def adam_step__A_common_step_count(
    params: Iterable[Tensor],
    state: dict,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> None:
    b1, b2 = betas
    state["t"] = state.get("t", 0) + 1
    t = state["t"]
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            g = p.grad
            if decoupled:
                p.mul_(1 - lr * weight_decay)
            else:
                g = g + weight_decay * p
            if p not in state:
                state[p] = (torch.zeros_like(p), torch.zeros_like(p))
            m, v = state[p]
            m.mul_(b1).add_(g, alpha=1 - b1)
            v.mul_(b2).addcmul_(g, g, value=1 - b2)
            mhat = m / (1 - b1 ** t)
            vhat = v / (1 - b2 ** t)
            p.sub_(lr * mhat / (vhat.sqrt() + eps))


# kind: single
# belief: The learner adds eps under the root, overlooking that it belongs to the denominator after the root.
# edit: `torch.sqrt(vhat + eps)` is wrong; it should be torch.sqrt(vhat) + eps.
def adam_step__A_eps_under_root(
    params: Iterable[Tensor],
    state: dict,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> None:
    beta1, beta2 = betas
    for p in params:
        if p.grad is None:
            continue
        with torch.no_grad():
            grad = p.grad.clone()
            if weight_decay != 0:
                if decoupled:
                    p *= 1 - lr * weight_decay
                else:
                    grad += weight_decay * p
            s = state.setdefault(id(p), {"t": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)})
            s["t"] += 1
            s["m"] = beta1 * s["m"] + (1 - beta1) * grad
            s["v"] = beta2 * s["v"] + (1 - beta2) * grad * grad
            mhat = s["m"] / (1 - beta1 ** s["t"])
            vhat = s["v"] / (1 - beta2 ** s["t"])
            p -= lr * mhat / torch.sqrt(vhat + eps)


# kind: single
# belief: The learner applies the decoupled decay after the Adam update, overlooking that AdamW shrinks p first and so does not shrink the new step.
# edit: The `if decoupled: p.mul_(1 - lr * weight_decay)` lines stand too late; they belong before the update of p.
def adam_step__A_decay_after_update(
    params: Iterable[Tensor],
    state: dict,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> None:
    b1, b2 = betas

    def bias_correction(beta, t):
        return 1.0 - math.pow(beta, t)

    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            g = p.grad if decoupled else p.grad + weight_decay * p
            entry = state.get(p)
            if entry is None:
                entry = [0, torch.zeros_like(p), torch.zeros_like(p)]
                state[p] = entry
            entry[0] += 1
            entry[1].lerp_(g, 1 - b1)
            entry[2].mul_(b2).add_(g * g, alpha=1 - b2)
            t, m, v = entry
            denominator = (v / bias_correction(b2, t)).sqrt_().add_(eps)
            p.addcdiv_(m, denominator, value=-lr / bias_correction(b1, t))
            if decoupled:
                p.mul_(1 - lr * weight_decay)


# kind: pair
# belief: The learner computes new moments in local names and forgets to write them back, so every step starts from zero moments. | The learner adds the weight decay into .grad in place, overlooking that .grad must be left as it was.
# edit: After `m = ...` and `v = ...` the lines st["m"] = m and st["v"] = v are missing. | `g.add_(p, alpha=weight_decay)` is wrong because g is p.grad; it should be g = g + weight_decay * p.
def adam_step__A_moments_lost_grad_changed(
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
            g = p.grad
            if weight_decay > 0:
                if decoupled:
                    p.mul_(1 - lr * weight_decay)
                else:
                    g.add_(p, alpha=weight_decay)
            if p not in state:
                state[p] = {"step": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
            st = state[p]
            st["step"] += 1
            m = b1 * st["m"] + (1 - b1) * g
            v = b2 * st["v"] + (1 - b2) * g ** 2
            m_hat = m / (1 - b1 ** st["step"])
            v_hat = v / (1 - b2 ** st["step"])
            p -= lr * m_hat / (v_hat.sqrt() + eps)
