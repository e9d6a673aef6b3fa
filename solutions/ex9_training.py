"""Exercise 9: the training loop (训练循环).

Three lines train a net: zero_grad, backward, step. Loops around them make epochs, and know when to stop.
三行代码训练网络：zero_grad、backward、step。外面的循环组成一轮又一轮，并且知道何时该停。
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def train_step(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
) -> float:
    """Do one training step on a batch and return its loss.

    在一个 batch 上训练一步，返回损失。

    criterion: criterion(output, target) gives a zero-dim loss           (返回零维损失张量)
    optimizer: the one to use; it keeps its memory between calls         (就用它；它的状态在多次调用之间保留)
    x, y: inputs and targets of the batch                                (这个 batch 的输入与目标)
    One forward pass, one backward pass, one update.                     (一次前向、一次反向、一次更新)
    Gradients left over from before have no influence.                   (之前残留的梯度不产生影响)
    Returns the loss measured before the update, a Python float.         (返回更新之前的损失，Python float)
    """
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    loss = criterion(net(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


def evaluate(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    batch_size: int = 64,
) -> tuple[float, float]:
    """Return the mean loss over all samples and the accuracy of argmax, without training.

    返回全体样本的平均损失与 argmax 准确率，不做任何训练。

    criterion: averages over the slice it is given                       (对收到的那一片求平均)
    x: N samples; y: their classes, shape (N,)                           (N 个样本；y 是类别，形状 (N,))
    batch_size: rows in a slice, the last one may be shorter             (每片的行数，最后一片可能较短)
    In eval mode, without recording a graph; afterwards net is in the mode it was in before.
                                                    (eval 模式，不记录计算图；结束后恢复网络原来的模式)
    Raises ValueError when x is empty.                                   (x 为空时抛出 ValueError)
    """
    ### BEGIN SOLUTION
    if len(x) == 0:
        raise ValueError("no samples to evaluate")
    was_training = net.training
    net.eval()
    loss_sum, hits = 0.0, 0
    with torch.no_grad():
        for xs, ys in zip(x.split(batch_size), y.split(batch_size), strict=True):
            output = net(xs)
            loss_sum += criterion(output, ys).item() * len(xs)
            hits += (output.argmax(dim=1) == ys).sum().item()
    net.train(was_training)
    return loss_sum / len(x), hits / len(x)
    ### END SOLUTION


def fit(
    net: nn.Module,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    epochs: int,
    batch_size: int,
    generator: torch.Generator | None = None,
) -> list[float]:
    """Train in epochs and mini-batches; return one mean loss per epoch.

    按轮次与小批训练；每轮返回一个平均损失。

    criterion: averages over the slice it is given                       (对收到的那一片求平均)
    epochs: every row is used once in each                               (每一轮每行数据各用一次)
    batch_size: rows in a slice, the last one may be shorter             (每片的行数，最后一片可能较短)
    generator: None keeps the given order; otherwise draw a fresh random order with it in each epoch
                                                    (None 保持原顺序；否则每轮用它重新随机打乱)
    Train mode, one update per slice.                                    (train 模式，每片更新一次)
    Returns floats: the mean over samples of the losses measured before each update.
                                                    (返回 float 列表：更新之前的损失对样本的平均)
    """
    ### BEGIN SOLUTION
    net.train()
    history = []
    for _ in range(epochs):
        order = torch.arange(len(x)) if generator is None else torch.randperm(len(x), generator=generator)
        loss_sum = 0.0
        for rows in order.split(batch_size):
            loss_sum += train_step(net, criterion, optimizer, x[rows], y[rows]) * len(rows)
        history.append(loss_sum / len(x))
    return history
    ### END SOLUTION


def fit_with_early_stopping(
    net: nn.Module,
    train_epoch: Callable[[], None],
    validate: Callable[[], float],
    max_epochs: int,
    patience: int,
    min_delta: float = 0.0,
) -> dict:
    """Train until the validation loss stops improving, and give back the best weights.

    训练到验证损失不再改进为止，并把最优权重装回网络。

    train_epoch, validate: called once each, in this order, per epoch    (每轮依次各调用一次)
    max_epochs: never more epochs than this                              (最多训练的轮数)
    patience: stop after so many epochs in a row without improvement (>= 1)  (连续这么多轮没有改进就停止)
    min_delta: an epoch improves when value < best - min_delta; best starts at inf, nan never improves
                                                    (小于 best - min_delta 才算改进；best 初值 inf，nan 不算)
    At the end net holds the whole state of the best epoch, buffers too.  (最后 net 恢复最优一轮的完整状态，包括缓冲区)
    Returns {'best_epoch': from 0, -1 if none, 'best_loss', 'epochs_run', 'history': all values}.
                                                    (best_epoch 从 0 起，没有则为 -1；history 是全部的值)
    """
    ### BEGIN SOLUTION
    best_epoch, best_loss, best_state = -1, float("inf"), None
    history: list[float] = []
    for epoch in range(max_epochs):
        train_epoch()
        value = validate()
        history.append(value)
        if value < best_loss - min_delta:
            best_epoch, best_loss = epoch, value
            best_state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        elif epoch - best_epoch >= patience:
            break
    if best_state is not None:
        net.load_state_dict(best_state)
    return {"best_epoch": best_epoch, "best_loss": best_loss, "epochs_run": len(history), "history": history}
    ### END SOLUTION
