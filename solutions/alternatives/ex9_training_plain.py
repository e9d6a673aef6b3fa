"""Exercise 9 in explicit steps: index arithmetic, torch.autograd.grad, numpy, and a small class."""

import math

import numpy as np
import torch


def train_step(net, criterion, optimizer, x, y):
    net.zero_grad()
    loss = criterion(net.forward(x), y)
    value = loss.detach().clone()
    parameters = [p for p in net.parameters() if p.requires_grad]
    for p, g in zip(parameters, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True):
        p.grad = g
    optimizer.step()
    optimizer.zero_grad()
    return np.float64(value.numpy())


def evaluate(net, criterion, x, y, batch_size=64):
    n = x.shape[0]
    if not n:
        raise ValueError("x is empty")
    was = net.training
    net.train(False)
    outputs, losses = [], np.zeros(n)
    for i in range(0, n, batch_size):
        rows = slice(i, min(i + batch_size, n))
        with torch.no_grad():
            outputs.append(net(x[rows]).numpy())
            losses[rows] = criterion(torch.from_numpy(outputs[-1]), y[rows]).item()
    if was:
        net.train()
    return losses.mean(), np.mean(np.concatenate(outputs).argmax(axis=-1) == y.numpy())


def fit(net, criterion, optimizer, x, y, epochs, batch_size, generator=None):
    n = x.size(0)
    orders = [
        range(n) if generator is None else torch.rand(n, generator=generator).argsort().tolist() for _ in range(epochs)
    ]
    for module in net.modules():
        module.training = True
    history = []
    for order in orders:
        losses = []
        start = 0
        while start < n:
            rows = list(order[start : start + batch_size])
            loss = criterion(net(x[rows]), y[rows])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            losses += [float(loss)] * len(rows)
            start += batch_size
        history.append(math.fsum(losses) / n)
    return history


class _Best:
    """The best epoch so far, with copies of all tensors of the net."""

    def __init__(self, net):
        self.net, self.loss, self.epoch, self.copies = net, math.inf, -1, []

    def offer(self, value, epoch, min_delta):
        if not math.isnan(value) and self.loss - value > min_delta:
            self.loss, self.epoch = value, epoch
            self.copies = [(t, t.detach().clone()) for t in (*self.net.parameters(), *self.net.buffers())]

    @torch.no_grad()
    def restore(self):
        for tensor, stored in self.copies:
            tensor.copy_(stored)


def fit_with_early_stopping(net, train_epoch, validate, max_epochs, patience, min_delta=0.0):
    best, history = _Best(net), []
    for epoch in range(max_epochs):
        train_epoch()
        history.append(validate())
        best.offer(history[epoch], epoch, min_delta)
        if epoch - best.epoch >= patience:
            break
    best.restore()
    return {"history": history, "epochs_run": len(history), "best_loss": best.loss, "best_epoch": best.epoch}
