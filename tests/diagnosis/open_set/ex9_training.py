import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn


# kind: single
# belief: The learner clears the gradients only after the step, overlooking those left over from before the call.
# edit: `optimizer.zero_grad()` stands too late; it belongs before loss.backward().
def train_step__A_zero_grad_at_end(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
) -> float:
    output = net(x)
    loss = criterion(output, y)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


# kind: single
# belief: The learner thinks a detached zero-dim tensor is as good as a number, overlooking that a Python float is asked for.
# edit: `return loss.detach()` is wrong; it should be loss.item().
def train_step__A_returns_tensor(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
) -> float:
    optimizer.zero_grad()
    loss = criterion(net(x), y)
    loss.backward()
    optimizer.step()
    return loss.detach()


# kind: pair
# belief: The learner clears old gradients by multiplying them by 0, overlooking that nan and inf survive this. | The learner measures the loss in a forward pass of its own, overlooking that there should be one forward pass.
# edit: `p.grad.mul_(0.0)` is wrong; optimizer.zero_grad() (or p.grad = None) should be used. | `criterion(net(x), y).item()` under no_grad is wrong; the item of the loss that is backpropagated should be returned.
def train_step__A_times_zero_two_forwards(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
) -> float:
    for group in optimizer.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                p.grad.detach_()
                p.grad.mul_(0.0)

    with torch.no_grad():
        value = criterion(net(x), y).item()

    criterion(net(x), y).backward()
    optimizer.step()
    return value


# kind: single
# belief: The learner always goes back to train mode at the end, overlooking that the net may have been in eval mode before.
# edit: `net.train()` at the end is wrong; the mode that each module had before should be put back.
def evaluate__A_always_back_to_train(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    batch_size: int = 64,
) -> tuple[float, float]:
    n = len(x)
    if n == 0:
        raise ValueError("no samples")
    loss_sum = 0.0
    hits = 0
    net.eval()
    try:
        with torch.no_grad():
            for start in range(0, n, batch_size):
                xb = x[start:start + batch_size]
                yb = y[start:start + batch_size]
                out = net(xb)
                loss_sum += criterion(out, yb).item() * len(xb)
                hits += (out.argmax(dim=1) == yb).sum().item()
    finally:
        net.train()
    return loss_sum / n, hits / n


# kind: single
# belief: The learner believes eval() switches the recording of the graph off, overlooking that no_grad is needed for that.
# edit: The loop is wrong without `with torch.no_grad():` (or torch.inference_mode()) around it.
def evaluate__A_eval_without_no_grad(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    batch_size: int = 64,
) -> tuple[float, float]:
    if x.shape[0] == 0:
        raise ValueError("x is empty")
    modes = {module: module.training for module in net.modules()}
    net.eval()
    try:
        total_loss, total_correct = 0.0, 0
        for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
            scores = net(xb)
            total_loss += float(criterion(scores, yb)) * xb.shape[0]
            total_correct += int((scores.argmax(1) == yb).sum())
    finally:
        for module, mode in modes.items():
            module.training = mode
    return total_loss / x.shape[0], total_correct / x.shape[0]


# kind: pair
# belief: The learner averages the accuracies of the slices, overlooking that the last slice may be shorter and weigh less. | The learner returns zeros for an empty x instead of raising the promised error.
# edit: `sum(accuracies) / len(accuracies)` is wrong; the hits should be added up and divided by the number of samples. | `return 0.0, 0.0` is wrong; it should raise ValueError.
def evaluate__A_mean_of_accuracies_empty_zero(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    batch_size: int = 64,
) -> tuple[float, float]:
    if len(x) == 0:
        return 0.0, 0.0
    was_training = [(m, m.training) for m in net.modules()]
    net.eval()
    loss = 0.0
    accuracies = []
    try:
        with torch.no_grad():
            for i in range(0, len(x), batch_size):
                inputs, labels = x[i:i + batch_size], y[i:i + batch_size]
                outputs = net(inputs)
                loss += criterion(outputs, labels).item() * len(inputs) / len(x)
                predicted = torch.argmax(outputs, dim=1)
                accuracies.append((predicted == labels).double().mean().item())
    finally:
        for m, flag in was_training:
            m.training = flag
    return loss, sum(accuracies) / len(accuracies)


# kind: single
# belief: The learner draws the random order once, overlooking that each epoch needs a fresh one.
# edit: The `order = ...` lines stand outside the loop over epochs; they belong inside.
def fit__A_one_order_for_all_epochs(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    epochs: int,
    batch_size: int,
    generator: torch.Generator | None = None,
) -> list[float]:
    net.train()
    n = len(x)
    if generator is None:
        order = torch.arange(n)
    else:
        order = torch.randperm(n, generator=generator)
    history = []
    for _ in range(epochs):
        total = 0.0
        for index in order.split(batch_size):
            optimizer.zero_grad()
            loss = criterion(net(x[index]), y[index])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(index)
        history.append(total / n)
    return history


# kind: single
# belief: The learner uses the generator only as a switch for shuffling, overlooking that the order must be drawn with it.
# edit: `torch.randperm(n)` is wrong; it should be torch.randperm(n, generator=generator).
def fit__A_global_random_order(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    epochs: int,
    batch_size: int,
    generator: torch.Generator | None = None,
) -> list[float]:
    n = x.shape[0]
    net.train()
    epoch_losses = []
    for epoch in range(epochs):
        idx = torch.randperm(n) if generator is not None else torch.arange(n)
        running = 0.0
        for start in range(0, n, batch_size):
            rows = idx[start:start + batch_size]
            xb, yb = x[rows], y[rows]
            optimizer.zero_grad()
            loss = criterion(net(xb), yb)
            loss.backward()
            optimizer.step()
            running += loss.item() * xb.shape[0]
        epoch_losses.append(running / n)
    return epoch_losses


# kind: pair
# belief: The learner clears the gradients once an epoch, overlooking that they add up from slice to slice. | The learner counts the slices by floor division, overlooking the shorter last one, whose rows are then not used.
# edit: `optimizer.zero_grad()` stands outside the loop over slices; it belongs inside, before backward. | `range(n // batch_size)` is wrong; the number of slices should be rounded up.
def fit__A_zero_per_epoch_drop_last(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    epochs: int,
    batch_size: int,
    generator: torch.Generator | None = None,
) -> list[float]:
    n = x.size(0)
    result = []
    net.train()
    for _ in range(epochs):
        if generator is not None:
            perm = torch.randperm(n, generator=generator)
            xs, ys = x[perm], y[perm]
        else:
            xs, ys = x, y
        optimizer.zero_grad()
        losses, sizes = [], []
        for k in range(n // batch_size):
            xb = xs[k * batch_size:(k + 1) * batch_size]
            yb = ys[k * batch_size:(k + 1) * batch_size]
            loss = criterion(net(xb), yb)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            sizes.append(len(xb))
        result.append(sum(l * s for l, s in zip(losses, sizes)) / sum(sizes))
    return result


# kind: pair
# belief: The learner overlooks that the net may come in eval mode and must be put in train mode. | The learner averages the losses over the slices, although the mean over samples is asked for.
# edit: A line net.train() is missing at the start. | `epoch_loss / batches` is wrong; each loss should be weighted by its number of rows and the sum divided by len(x).
def fit__A_mode_untouched_mean_of_slices(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    epochs: int,
    batch_size: int,
    generator: torch.Generator | None = None,
) -> list[float]:
    means = []
    for _ in range(epochs):
        if generator is None:
            order = list(range(len(x)))
        else:
            order = torch.randperm(len(x), generator=generator).tolist()
        epoch_loss, batches = 0.0, 0
        for start in range(0, len(order), batch_size):
            rows = order[start:start + batch_size]
            loss = criterion(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            epoch_loss += loss.item()
            batches += 1
        means.append(epoch_loss / batches)
    return means


# kind: single
# belief: The learner thinks copying the dict of state_dict() copies the weights, overlooking that its tensors are those which training goes on to change.
# edit: `net.state_dict().copy()` is wrong; it should be copy.deepcopy(net.state_dict()).
def fit_with_early_stopping__A_shallow_copy(
    net: nn.Module,
    train_epoch: Callable[[], None],
    validate: Callable[[], float],
    max_epochs: int,
    patience: int,
    min_delta: float = 0.0,
) -> dict:
    best_loss, best_epoch, best_state = math.inf, -1, None
    history = []
    waited = 0
    for epoch in range(max_epochs):
        train_epoch()
        value = validate()
        history.append(value)
        if value < best_loss - min_delta:
            best_loss, best_epoch = value, epoch
            best_state = net.state_dict().copy()
            waited = 0
        else:
            waited += 1
            if waited >= patience:
                break
    if best_state is not None:
        net.load_state_dict(best_state)
    return {"best_epoch": best_epoch, "best_loss": best_loss, "epochs_run": len(history), "history": history}


# kind: single
# belief: The learner keeps and restores the parameters only, overlooking that buffers such as running means belong to the state of the best epoch.
# edit: `net.named_parameters()` in snapshot and restore is wrong; a deep copy of net.state_dict() and load_state_dict should be used.
def fit_with_early_stopping__A_parameters_only(
    net: nn.Module,
    train_epoch: Callable[[], None],
    validate: Callable[[], float],
    max_epochs: int,
    patience: int,
    min_delta: float = 0.0,
) -> dict:
    def snapshot():
        return {name: p.detach().clone() for name, p in net.named_parameters()}

    def restore(saved):
        with torch.no_grad():
            for name, p in net.named_parameters():
                p.copy_(saved[name])

    result = {"best_epoch": -1, "best_loss": float("inf"), "epochs_run": 0, "history": []}
    best = None
    bad_epochs = 0
    while result["epochs_run"] < max_epochs and bad_epochs < patience:
        train_epoch()
        loss = validate()
        result["history"].append(loss)
        if loss < result["best_loss"] - min_delta:
            result["best_loss"] = loss
            result["best_epoch"] = result["epochs_run"]
            best = snapshot()
            bad_epochs = 0
        else:
            bad_epochs += 1
        result["epochs_run"] += 1
    if best is not None:
        restore(best)
    return result


# kind: pair
# belief: The learner asks whether the value is not better, overlooking that every comparison with nan is false, so nan counts as an improvement. | The learner counts all epochs without improvement, overlooking that only those in a row count.
# edit: `if value >= best_loss - min_delta` is wrong as the test; the improvement should be tested with value < best_loss - min_delta. | A line bad = 0 is missing where an epoch improves.
def fit_with_early_stopping__A_nan_improves_no_reset(
    net: nn.Module,
    train_epoch: Callable[[], None],
    validate: Callable[[], float],
    max_epochs: int,
    patience: int,
    min_delta: float = 0.0,
) -> dict:
    best_epoch = -1
    best_loss = float("inf")
    best_weights = None
    history = []
    bad = 0
    for epoch in range(max_epochs):
        train_epoch()
        value = validate()
        history.append(value)
        if value >= best_loss - min_delta:
            bad += 1
            if bad >= patience:
                break
            continue
        best_epoch, best_loss = epoch, value
        best_weights = copy.deepcopy(net.state_dict())
    if best_weights is not None:
        net.load_state_dict(best_weights)
    return {
        "best_epoch": best_epoch,
        "best_loss": best_loss,
        "epochs_run": len(history),
        "history": history,
    }
