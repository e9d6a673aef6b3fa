import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn


# kind: single
# belief: Thinks that clearing the gradients after the step is as good as clearing them before, and overlooks what earlier code left behind.
# edit: `optimizer.zero_grad()` stands after step(); it must come before loss.backward().
def train_step__B_zero_at_end(
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
# belief: Thinks that the loss to report is the one that the updated net reaches.
# edit: The last two lines run a second forward pass after the update; loss.item() of the first pass should be returned.
def train_step__B_loss_after_update(
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
    with torch.no_grad():
        return criterion(net(x), y).item()


# kind: single
# belief: Thinks that the mean of the slice means is the mean over all samples.
# edit: `sum(losses) / len(losses)` should weight each slice's loss with its number of rows and divide by N.
def evaluate__B_mean_of_means(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    batch_size: int = 64,
) -> tuple[float, float]:
    if len(x) == 0:
        raise ValueError("x is empty")
    modes = [(m, m.training) for m in net.modules()]
    net.eval()
    losses = []
    correct = 0
    with torch.no_grad():
        for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
            out = net(xb)
            losses.append(criterion(out, yb).item())
            correct += (out.argmax(dim=1) == yb).sum().item()
    for m, mode in modes:
        m.training = mode
    return sum(losses) / len(losses), correct / len(x)


# kind: single
# belief: Thinks that after an evaluation the net always has to go back to train mode.
# edit: `net.train()` at the end should restore the mode that net was in before.
def evaluate__B_always_train_after(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    batch_size: int = 64,
) -> tuple[float, float]:
    n = x.shape[0]
    if n == 0:
        raise ValueError("nothing to evaluate")
    net.eval()
    loss_sum, hits = 0.0, 0
    with torch.no_grad():
        for start in range(0, n, batch_size):
            inputs, labels = x[start:start + batch_size], y[start:start + batch_size]
            logits = net(inputs)
            loss_sum += criterion(logits, labels).item() * len(inputs)
            hits += int((logits.argmax(1) == labels).sum())
    net.train()
    return loss_sum / n, hits / n


# kind: pair
# belief: Overlooks that there may be no samples at all. | Thinks that all slices are full when the number of samples is worked out.
# edit: The ValueError for an empty x is missing at the top. | `correct / (batches * batch_size)` should be correct / len(x).
def evaluate__B_no_empty_check_full_batches(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    batch_size: int = 64,
) -> tuple[float, float]:
    before = {m: m.training for m in net.modules()}
    net.eval()
    total_loss = 0.0
    correct = 0
    batches = 0
    with torch.no_grad():
        for i in range(0, len(x), batch_size):
            xb = x[i:i + batch_size]
            yb = y[i:i + batch_size]
            pred = net(xb)
            total_loss += criterion(pred, yb).item() * xb.size(0)
            correct += (pred.argmax(dim=1) == yb).sum().item()
            batches += 1
    for m, training in before.items():
        m.training = training
    return total_loss / len(x), correct / (batches * batch_size)


# kind: single
# belief: Thinks that shuffling the data once before training is enough.
# edit: The torch.randperm stands before the epoch loop; a fresh order must be drawn in every epoch.
def fit__B_shuffled_once(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    epochs: int,
    batch_size: int,
    generator: torch.Generator | None = None,
) -> list[float]:
    n = len(x)
    if generator is not None:
        order = torch.randperm(n, generator=generator)
        x, y = x[order], y[order]
    net.train()
    history = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, n, batch_size):
            xb = x[start:start + batch_size]
            yb = y[start:start + batch_size]
            optimizer.zero_grad()
            loss = criterion(net(xb), yb)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(xb)
        history.append(total / n)
    return history


# kind: pair
# belief: Thinks that inputs and targets can be shuffled one after the other. | Thinks that averaging over the slices is averaging over the samples.
# edit: The second torch.randperm for y breaks up the pairs; one order must be used for both. | `running / batches` should be the sum of loss * rows, divided by the number of rows.
def fit__B_two_orders_slice_mean(
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
    epoch_losses = []
    for epoch in range(epochs):
        if generator is None:
            xs, ys = x, y
        else:
            xs = x[torch.randperm(len(x), generator=generator)]
            ys = y[torch.randperm(len(y), generator=generator)]
        running = 0.0
        batches = 0
        for xb, yb in zip(torch.split(xs, batch_size), torch.split(ys, batch_size)):
            optimizer.zero_grad()
            loss = criterion(net(xb), yb)
            loss.backward()
            optimizer.step()
            running += loss.item()
            batches += 1
        epoch_losses.append(running / batches)
    return epoch_losses


# kind: pair
# belief: Forgets that the sum has to start again in every epoch. | Takes for granted that the net comes in train mode.
# edit: `loss_sum = 0.0` stands before the epoch loop and must be inside it. | net.train() is missing.
def fit__B_sum_not_reset_no_train_mode(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    epochs: int,
    batch_size: int,
    generator: torch.Generator | None = None,
) -> list[float]:
    num_samples = x.size(0)
    losses = []
    loss_sum = 0.0
    for epoch in range(epochs):
        if generator is None:
            indices = torch.arange(num_samples)
        else:
            indices = torch.randperm(num_samples, generator=generator)
        for i in range(0, num_samples, batch_size):
            idx = indices[i:i + batch_size]
            optimizer.zero_grad()
            output = net(x[idx])
            loss = criterion(output, y[idx])
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(idx)
        losses.append(loss_sum / num_samples)
    return losses


# kind: single
# belief: Thinks that the parameters are the whole state of a net.
# edit: `best_params` holds clones of named_parameters only, so buffers such as running means stay at the last epoch; a deep copy of state_dict() is needed.
def fit_with_early_stopping__B_parameters_only(
    net: nn.Module,
    train_epoch: Callable[[], None],
    validate: Callable[[], float],
    max_epochs: int,
    patience: int,
    min_delta: float = 0.0,
) -> dict:
    best, best_epoch, best_params = float("inf"), -1, None
    history = []
    bad_epochs = 0
    for epoch in range(max_epochs):
        train_epoch()
        value = validate()
        history.append(value)
        if value < best - min_delta:
            best, best_epoch, bad_epochs = value, epoch, 0
            best_params = {name: p.detach().clone() for name, p in net.named_parameters()}
        else:
            bad_epochs += 1
            if bad_epochs >= patience:
                break
    if best_params is not None:
        with torch.no_grad():
            for name, p in net.named_parameters():
                p.copy_(best_params[name])
    return {"best_epoch": best_epoch, "best_loss": best, "epochs_run": len(history), "history": history}


# kind: single
# belief: Overlooks that patience counts epochs in a row, so that the counter starts again after an improvement.
# edit: In the branch of an improvement `waited = 0` is missing.
def fit_with_early_stopping__B_counter_not_reset(
    net: nn.Module,
    train_epoch: Callable[[], None],
    validate: Callable[[], float],
    max_epochs: int,
    patience: int,
    min_delta: float = 0.0,
) -> dict:
    result = {"best_epoch": -1, "best_loss": float("inf"), "epochs_run": 0, "history": []}
    best_state = None
    waited = 0
    for epoch in range(max_epochs):
        train_epoch()
        loss = validate()
        result["history"].append(loss)
        result["epochs_run"] += 1
        if loss < result["best_loss"] - min_delta:
            result["best_loss"] = loss
            result["best_epoch"] = epoch
            best_state = copy.deepcopy(net.state_dict())
        else:
            waited += 1
        if waited >= patience:
            break
    if best_state is not None:
        net.load_state_dict(best_state)
    return result


# kind: pair
# belief: Thinks that copying the dict of state_dict() copies the weights. | Thinks that patience epochs are allowed and the next one is too many.
# edit: `net.state_dict().copy()` shares the tensors that training changes; it should be copy.deepcopy(net.state_dict()). | `counter > patience` should be counter >= patience.
def fit_with_early_stopping__B_shallow_copy_one_more(
    net: nn.Module,
    train_epoch: Callable[[], None],
    validate: Callable[[], float],
    max_epochs: int,
    patience: int,
    min_delta: float = 0.0,
) -> dict:
    best_loss = float("inf")
    best_epoch = -1
    best_weights = None
    history = []
    counter = 0
    epoch = 0
    while epoch < max_epochs:
        train_epoch()
        val_loss = validate()
        history.append(val_loss)
        if val_loss < best_loss - min_delta:
            best_loss = val_loss
            best_epoch = epoch
            best_weights = net.state_dict().copy()
            counter = 0
        else:
            counter += 1
        epoch += 1
        if counter > patience:
            break
    if best_weights is not None:
        net.load_state_dict(best_weights)
    return {
        "best_epoch": best_epoch,
        "best_loss": best_loss,
        "epochs_run": len(history),
        "history": history,
    }
