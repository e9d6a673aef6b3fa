"""Exercise 9 with tools of torch: closures, DataLoader, inference_mode, a checkpoint in memory."""

import io

import torch
from torch.utils.data import DataLoader, TensorDataset


def train_step(net, criterion, optimizer, x, y):
    def closure():
        optimizer.zero_grad(set_to_none=False)
        loss = criterion(net(x), y)
        loss.backward()
        return loss

    return float(optimizer.step(closure))


@torch.inference_mode()
def evaluate(net, criterion, x, y, batch_size=64):
    mode = net.training
    losses, hits = [], []
    try:
        net.eval()
        for xb, yb in DataLoader(TensorDataset(x, y), batch_size=batch_size):
            out = net(xb)
            losses += [criterion(out, yb).item()] * len(xb)
            hits += (out.max(1).indices == yb).tolist()
        if not losses:
            raise ValueError("empty")
    finally:
        net.train(mode)
    return sum(losses) / len(losses), sum(hits) / len(hits)


def fit(net, criterion, optimizer, x, y, epochs, batch_size, generator=None):
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=generator is not None, generator=generator)
    history = []
    for _ in range(epochs):
        net.train()
        total = torch.zeros((), dtype=torch.float64)
        for xb, yb in loader:
            loss = criterion(net(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach() * yb.shape[0]
        history.append(total.item() / len(x))
    return history


def fit_with_early_stopping(net, train_epoch, validate, max_epochs, patience, min_delta=0.0):
    file, best, at, history, waiting = io.BytesIO(), float("inf"), -1, [], 0
    while len(history) < max_epochs and waiting < patience:
        train_epoch()
        history += [validate()]
        if best - history[-1] > min_delta:
            best, at, waiting = history[-1], len(history) - 1, 0
            file = io.BytesIO()
            torch.save(net.state_dict(), file)
        else:
            waiting += 1
    if at >= 0:
        file.seek(0)
        net.load_state_dict(torch.load(file))
    return {"best_epoch": at, "best_loss": best, "epochs_run": len(history), "history": history}
