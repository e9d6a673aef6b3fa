"""Exercise 9: the training loop.

Three lines train a net: zero_grad, backward, step. Loops around them make
epochs, and decide when to stop.

Files and the network are not available in grading.

Background: the PyTorch tutorial "Neural Networks",
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html

中文 (zh)
---------
练习 9：训练循环。

三行代码训练网络：zero_grad、backward、step。外面的循环组成一轮又一轮，并且知道
何时该停。

评分时不能使用文件和网络。

背景知识见 PyTorch 教程“Neural Networks”：
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
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

    Run one forward pass, one backward pass, and one update. Gradients that
    are in .grad before the call must not change the result.

    Args:
        net: the net to train
        criterion: criterion(output, target) returns a zero-dim loss
        optimizer: the optimizer to use; it keeps its state between calls
        x: inputs of the batch
        y: targets of the batch

    Returns:
        The loss measured before the update, a Python float.

    Example:
        >>> net = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.ones_(net.weight)
        >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.25)
        >>> x = torch.ones(1, 1)
        >>> train_step(net, nn.MSELoss(), optimizer, x, 3 * x)
        4.0
        >>> net.weight.item()
        2.0

    中文 (zh)
    ---------
    在一个 batch 上训练一步，返回损失。

    一次前向、一次反向、一次更新。之前残留的梯度不产生影响。

    参数：
        net：要训练的网络
        criterion：criterion(output, target) 返回零维损失张量
        optimizer：就用它；它的状态在多次调用之间保留
        x：这个 batch 的输入
        y：这个 batch 的目标

    返回：
        更新之前的损失，Python float。

    示例：
        >>> net = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.ones_(net.weight)
        >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.25)
        >>> x = torch.ones(1, 1)
        >>> train_step(net, nn.MSELoss(), optimizer, x, 3 * x)
        4.0
        >>> net.weight.item()
        2.0
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
    """Return the mean loss over all samples and the accuracy, without training.

    Run net in eval mode, without recording a graph; afterwards net must be in
    the mode it had before.

    Args:
        net: the net to evaluate
        criterion: averages over the rows it is given
        x: N samples
        y: their classes, shape (N,)
        batch_size: rows in a slice; the last slice may be shorter

    Returns:
        A tuple (mean loss, accuracy of argmax) of floats.

    Raises:
        ValueError: if x is empty

    Example:
        >>> x = torch.tensor([[3.0, 0.0], [0.0, 3.0], [6.0, 0.0], [0.0, 8.0]])
        >>> y = torch.tensor([0, 1, 1, 1])
        >>> evaluate(nn.Identity(), lambda h, y: h.mean(), x, y, batch_size=3)
        (2.5, 0.75)

    中文 (zh)
    ---------
    返回全体样本的平均损失与准确率，不做任何训练。

    net 以 eval 模式运行，不记录计算图；结束后恢复网络原来的模式。

    参数：
        net：要评估的网络
        criterion：对收到的那一片求平均
        x：N 个样本
        y：它们的类别，形状 (N,)
        batch_size：每片的行数，最后一片可能较短

    返回：
        元组 (平均损失, argmax 准确率)，都是 float。

    抛出：
        ValueError：x 为空

    示例：
        >>> x = torch.tensor([[3.0, 0.0], [0.0, 3.0], [6.0, 0.0], [0.0, 8.0]])
        >>> y = torch.tensor([0, 1, 1, 1])
        >>> evaluate(nn.Identity(), lambda h, y: h.mean(), x, y, batch_size=3)
        (2.5, 0.75)
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

    Train net in train mode, with one update per slice. Gradients that are in
    .grad before the call must not change the result.

    Args:
        net: the net to train
        criterion: averages over the rows it is given
        optimizer: the optimizer to use for the updates
        x: inputs, one sample per row
        y: targets, one per row of x
        epochs: the number of epochs; each epoch uses every row once
        batch_size: rows in a slice; the last slice may be shorter
        generator: if None, keep the given order; otherwise use it to draw a new
            random order in each epoch

    Returns:
        A list of floats, one per epoch: the mean over samples of the losses
        measured before each update.

    Example:
        >>> net = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.ones_(net.weight)
        >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.25)
        >>> x = torch.ones(2, 1)
        >>> fit(net, nn.MSELoss(), optimizer, x, 3 * x, epochs=1, batch_size=1)
        [2.5]

    中文 (zh)
    ---------
    按轮次与小批训练；每轮返回一个平均损失。

    train 模式，每片更新一次。之前残留的梯度不产生影响。

    参数：
        net：要训练的网络
        criterion：对收到的那一片求平均
        optimizer：用来更新的优化器
        x：输入，每行一个样本
        y：目标，与 x 的行一一对应
        epochs：每一轮每行数据各用一次
        batch_size：每片的行数，最后一片可能较短
        generator：None 保持原顺序；否则每轮用它重新随机打乱

    返回：
        float 的列表，每轮一个：更新之前的损失对样本的平均。

    示例：
        >>> net = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.ones_(net.weight)
        >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.25)
        >>> x = torch.ones(2, 1)
        >>> fit(net, nn.MSELoss(), optimizer, x, 3 * x, epochs=1, batch_size=1)
        [2.5]
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
    """Train until the validation loss stops improving; keep the best weights.

    In each epoch, call train_epoch once and then validate once. At the end net
    holds the whole state of the best epoch, including buffers.

    Args:
        net: the net that train_epoch trains
        train_epoch: trains for one epoch
        validate: returns the validation loss
        max_epochs: the maximum number of epochs
        patience: stop after this many epochs in a row without improvement; >= 1
        min_delta: an epoch is an improvement if loss < best - min_delta, where
            best starts at inf; nan is never an improvement

    Returns:
        A dict {'best_epoch': counted from 0, -1 if no epoch was an improvement,
        'best_loss', 'epochs_run', 'history': all validation losses}.

    Example:
        >>> losses, net = iter([3.0, 1.0, 2.0, 2.0, 0.5]), nn.Linear(1, 1)
        >>> result = fit_with_early_stopping(
        ...     net, lambda: None, lambda: next(losses), 5, patience=2
        ... )
        >>> result["best_epoch"], result["best_loss"], result["history"]
        (1, 1.0, [3.0, 1.0, 2.0, 2.0])

    中文 (zh)
    ---------
    训练到验证损失不再改进为止，并把最优权重装回网络。

    每轮依次各调用一次 train_epoch 与 validate。最后 net 恢复最优一轮的
    完整状态，包括缓冲区。

    参数：
        net：train_epoch 所训练的网络
        train_epoch：训练一轮
        validate：返回验证损失
        max_epochs：最多训练的轮数
        patience：连续这么多轮没有改进就停止（>= 1）
        min_delta：损失 < best - min_delta 才算改进；best 初值为 inf，nan
            不算改进

    返回：
        字典 {'best_epoch': 从 0 起，没有则为 -1, 'best_loss', 'epochs_run',
        'history': 全部的值}。

    示例：
        >>> losses, net = iter([3.0, 1.0, 2.0, 2.0, 0.5]), nn.Linear(1, 1)
        >>> result = fit_with_early_stopping(
        ...     net, lambda: None, lambda: next(losses), 5, patience=2
        ... )
        >>> result["best_epoch"], result["best_loss"], result["history"]
        (1, 1.0, [3.0, 1.0, 2.0, 2.0])
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
