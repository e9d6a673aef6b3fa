"""Public experiments of exercise 9: the training loop."""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from grader import Given, exercise, experiment

exercise(
    en="The training loop",
    zh="训练循环",
    points={"train_step": 2, "evaluate": 3, "fit": 3, "fit_with_early_stopping": 2},
)


class Watched(nn.Module):
    """A net that wraps another net, and calls `look(x, output, training)` after every forward pass."""

    def __init__(self, body, look):
        super().__init__()
        self.body, self.look = body, look

    def forward(self, x):
        """Return the output of the wrapped net."""
        output = self.body(x)
        self.look(x, output, self.training)
        return output


def counted(body, optimizer):
    """Return a net that wraps `body`, and a dict with its numbers of forward and backward passes and of updates."""
    seen = {"forward passes": 0, "backward passes": 0, "updates": 0}

    def count(what):
        seen[what] += 1

    def look(rows, output, training):
        count("forward passes")
        if output.requires_grad:
            output.register_hook(lambda gradient: count("backward passes"))

    optimizer.register_step_post_hook(lambda *_: count("updates"))
    return Watched(body, look), seen


def without_forward(seen):
    """Return the counts without the forward passes, whose number only one check is about."""
    return {what: count for what, count in seen.items() if what != "forward passes"}


def values_of(net):
    """Return copies of the parameters and buffers of a net by name."""
    return {name: value.clone() for name, value in net.state_dict().items()}


@experiment(weight=2, zh="以 Python float 返回更新之前的损失。")
def loss_before_the_update(train_step, given: Given):
    """It returns the loss measured before the update as a Python float."""
    observed = {}
    for name, scale in (("loss", 1.0), ("small loss", 0.01)):
        net = given.mlp(3, 2)
        x, y = given.tensor(f"x, {name}", 5, 3), given.tensor(f"y, {name}", 5, 2, low=5.0, high=9.0)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.2)
        criterion = nn.MSELoss(reduction="sum") if scale == 1.0 else nn.MSELoss()
        with torch.no_grad():
            net[0].weight.mul_(scale)
            net[0].bias.mul_(scale)
        observed[name] = train_step(net, criterion, optimizer, scale * x, scale * y)
    return observed


@experiment(zh="一次调用做一次前向、一次反向和一次参数更新。")
def one_step(train_step, given: Given):
    """One call makes one forward pass, one backward pass and one update of the parameters."""
    x, y = given.tensor("x", 5, 3, low=1.0, high=4.0), given.integers("y", 0, 4, 5)
    net = given.mlp(3, 6, 4)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2)
    net, seen = counted(net, optimizer)
    criterion = nn.CrossEntropyLoss(reduction="sum")
    train_step(net, criterion, optimizer, x, y)
    observed = {**values_of(net), **seen}
    train_step(net, criterion, optimizer, x, y)
    return {**observed, **{f"{name} after a second step": value for name, value in values_of(net).items()}}


@experiment(zh="调用之前残留在 .grad 里的梯度不影响这一步。")
def leftover_gradients(train_step, given: Given):
    """Gradients left in .grad before the call have no influence on the step."""
    net = given.mlp(3, 5, 2)
    given.new_gradients(list(net.parameters()))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net, seen = counted(net, optimizer)
    for name in ("first", "second"):
        x, y = given.tensor(f"{name} x", 4, 3), given.tensor(f"{name} y", 4, 2, low=5.0, high=9.0)
        train_step(net, nn.MSELoss(), optimizer, x, y)
    return {**values_of(net), **without_forward(seen)}


@experiment(zh="只有交给了优化器、又参与前向的参数才更新；其余的即使残留着旧梯度也不变。")
def only_what_takes_part(train_step, given: Given):
    """Only parameters that the optimizer holds and the forward pass uses move, even if others have an old gradient."""
    net = given.fill(nn.ModuleDict({"used": nn.Linear(3, 2), "foreign": nn.Linear(2, 4), "idle": nn.Linear(3, 2)}))
    given.new_gradients(list(net.parameters()))
    held = [*net["used"].parameters(), *net["idle"].parameters()]
    optimizer = torch.optim.SGD(held, lr=0.3)
    chain, seen = counted(nn.Sequential(net["used"], net["foreign"]), optimizer)
    chain.idle = net["idle"]  # part of the net, but not of its forward pass
    x, y = given.tensor("x", 5, 3), given.tensor("y", 5, 4)
    for _ in range(2):
        train_step(chain, nn.MSELoss(), optimizer, x, y)
    return {**values_of(net), **without_forward(seen)}


@experiment(zh="Adam 的状态在多次调用之间保留：三次调用之后参数正确。")
def adam_remembers(train_step, given: Given):
    """Adam keeps its state between calls: after three calls the parameters are right."""
    net = given.mlp(3, 5, 3)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05, eps=0.01)
    net, seen = counted(net, optimizer)
    for i in range(3):
        x, y = given.tensor(f"x {i}", 6, 3), given.tensor(f"y {i}", 6, 3, low=5.0, high=9.0)
        train_step(net, nn.MSELoss(), optimizer, x, y)
    return {**values_of(net), **without_forward(seen)}


@experiment(weight=2, zh="损失是全部样本的平均，最后一片较短时也一样。", rtol=1e-6, atol=1e-8)
def mean_over_all_samples(evaluate, given: Given):
    """The loss is the mean over all samples, also when the last slice is shorter."""
    sizes = []
    net = Watched(given.mlp(4, 3, keep=True), lambda rows, output, training: sizes.append(len(rows)))
    x = given.tensor("x", 16, 4)
    y = given.keep("y", labels(net.body, x, [0, 0, 0, 1, 0, 0, 0, 1, 0, 2, 0, 0, 1, 0, 2, 2]))
    loss, _ = evaluate(net, nn.CrossEntropyLoss(), x, y, 6)
    return {"loss": loss, "rows per slice": sorted(sizes)}


@experiment(weight=2, zh="准确率是判断正确的行所占的比例：一半正确时是 0.5，全部正确时是 1.0。", rtol=1e-6, atol=1e-8)
def share_of_right_rows(evaluate, given: Given):
    """The accuracy is the share of right rows: 0.5 if half of them are right, 1.0 if all are."""
    net = given.mlp(4, 3, keep=True)
    x, wrong = given.tensor("x", 16, 4), given.whole(1, 5)
    y = given.keep("y", labels(net, x, [1] * wrong + [0] * (12 - wrong) + [1, 0, 2, 2]))
    _, accuracy = evaluate(net, nn.CrossEntropyLoss(), x, y, 6)
    right = slice(wrong, 12)
    return {"accuracy": accuracy, "all right": evaluate(net, nn.CrossEntropyLoss(), x[right], y[right], 3)[1]}


@experiment(zh="batch_size 默认是 64，所以 128 行分成两片，没有空的第三片。", rtol=1e-6, atol=1e-8)
def slices_without_an_empty_one(evaluate, given: Given):
    """By default a slice has 64 rows, so 128 rows are two slices and no empty third one."""
    sizes = []
    net = Watched(given.mlp(3, 4, keep=True), lambda rows, output, training: sizes.append(len(rows)))
    x, y = given.tensor("x", 128, 3), given.integers("y", 0, 4, 128)
    loss, _ = evaluate(net, nn.CrossEntropyLoss(), x, y)
    return {"loss": loss, "rows per slice": sorted(sizes)}


@experiment(zh="x 为空时抛出 ValueError；只有一行时也能评估。", rtol=1e-6, atol=1e-8)
def no_rows(evaluate, given: Given):
    """An empty x raises ValueError, and a single row can be evaluated."""
    net = given.mlp(3, 4, keep=True)
    x = given.tensor("x", 1, 3)
    y = given.keep("y", labels(net, x, [0]))
    error = given.error(lambda: evaluate(net, nn.CrossEntropyLoss(), x[:0], y[:0]))
    return {"empty": error, "loss of one row": evaluate(net, nn.CrossEntropyLoss(), x, y)[0]}


@experiment(zh="网络在 eval 模式下运行：Dropout 不起作用，BatchNorm 的统计量不变。", rtol=1e-6, atol=1e-8)
def in_eval_mode(evaluate, given: Given):
    """The net runs in eval mode: dropout does nothing, and batch norm keeps its statistics."""
    modes = set()
    body = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))
    net = Watched(given.fill(body, keep=True), lambda rows, output, training: modes.add(training))
    for name, low in (("running_mean", -1.0), ("running_var", 0.5)):
        getattr(body[1], name).copy_(given.tensor(name, 8, low=low, high=1.5))
        given.keep(name, getattr(body[1], name))
    x, y = given.tensor("x", 8, 3), given.integers("y", 0, 3, 8)
    first, _ = evaluate(net, nn.CrossEntropyLoss(), x, y, 4)
    second, _ = evaluate(net, nn.CrossEntropyLoss(), x, y, 4)
    losses = {"first loss": first, "second loss": second}
    return {**losses, "training inside": sorted(modes), "batches": body[1].num_batches_tracked}


@experiment(zh="结束后网络回到原来的模式，无论原来是 train 还是 eval。", rtol=1e-6, atol=1e-8)
def mode_given_back(evaluate, given: Given):
    """Afterwards the net is in the mode in which it was before, train or eval."""
    net = given.mlp(3, 4, 3, keep=True)
    x, y = given.tensor("x", 4, 3), given.integers("y", 0, 3, 4)
    observed = {}
    for mode in (True, False):
        net.train(mode)
        loss, _ = evaluate(net, nn.CrossEntropyLoss(), x + mode, y)
        observed |= {f"loss, training was {mode}": loss, f"training, was {mode}": net.training}
    return observed


@experiment(zh="不记录计算图，不留下梯度；返回之后调用者仍能训练。", rtol=1e-6, atol=1e-8)
def no_graph(evaluate, given: Given):
    """It records no graph and leaves no gradient, and the caller can still train afterwards."""
    graphs = {"output": set(), "loss": set()}

    def criterion(output, target):
        loss = F.cross_entropy(output, target)
        graphs["loss"].add(given.flags(loss))
        return loss

    net = given.mlp(3, 5, 3, keep=True)
    watched = Watched(net, lambda rows, output, training: graphs["output"].add(given.flags(output)))
    x, y = given.tensor("x", 8, 3), given.integers("y", 0, 3, 8)
    loss, _ = evaluate(watched, criterion, x, y, batch_size=4)
    observed = {"gradients": [p.grad for p in net.parameters()], "gradients enabled": torch.is_grad_enabled()}
    kinds = {f"the {name} is": sorted(seen) for name, seen in graphs.items()}
    return {"loss": loss, **kinds, **observed}


def labels(net, x, shifts):
    """Return classes for the rows of x: the class that the net predicts, increased by the shift of the row."""
    with torch.no_grad():
        output = net(x)
    return (output.argmax(dim=1) + torch.tensor(shifts)) % output.shape[1]


def watch_updates(x, net, optimizer):
    """Return a net, a criterion and a log, which gets the rows of x and the targets of each update."""
    now, log = {}, []

    def criterion(output, target):
        now["targets"] = target.tolist()
        return F.cross_entropy(output, target)

    def look(rows, output, training):
        now["rows"] = [int((x == row).all(dim=1).nonzero()[0]) for row in rows]

    optimizer.register_step_post_hook(lambda *_: log.append(dict(now)))
    return Watched(net, look), criterion, log


def hardly_mixed(orders, size):
    """Return whether most rows are still next to a neighbor, and whether nearly all rows stay in their slice."""
    beside = [abs(a - b) in (1, len(order) - 1) for order in orders for a, b in pairwise(order)]
    at_home = [place // size == row // size for order in orders for place, row in enumerate(order)]
    together, kept = sum(beside) > 0.6 * len(beside), sum(at_home) > 0.8 * len(at_home)
    return {"neighbors stay together": together, "rows stay in their slice": kept}


@experiment(weight=2, zh="每一轮返回一个 float：更新之前的损失对全部样本的平均。")
def mean_loss_of_each_epoch(fit, given: Given):
    """For each epoch it returns a float: the mean over all samples of the losses before the updates."""
    x, y = given.tensor("x", 11, 3), given.integers("y", 0, 3, 11)
    net = given.mlp(3, 5, 3)
    return {"history": fit(net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.3), x, y, 3, 4)}


@experiment(zh="没有 generator 时各行保持原顺序，每片更新一次参数。")
def in_the_given_order(fit, given: Given):
    """Without a generator the rows keep their order, and each slice makes one update."""
    x, y = given.tensor("x", 10, 3), given.integers("y", 0, 3, 10)
    net = given.mlp(3, 5, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
    watched, criterion, log = watch_updates(x, net, optimizer)
    fit(watched, criterion, optimizer, x, y, 3, 4)
    rows = [row for update in log for row in update["rows"]]
    return {"in order": rows == 3 * [*range(10)], "updates": len(log), **values_of(net)}


def watched_epochs(fit, given, x, y):
    """Return the updates of three shuffled epochs with slices of 4 rows, grouped by the right number for an epoch."""
    net = given.mlp(3, 4)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net, criterion, log = watch_updates(x, net, optimizer)
    fit(net, criterion, optimizer, x, y, epochs=3, batch_size=4, generator=given.generator())
    updates = -(-len(x) // 4)
    return [log[start : start + updates] for start in range(0, len(log), updates)]


def rows_of(epoch):
    """Return the rows that the net got in one epoch, in order."""
    return [row for update in epoch for row in update["rows"]]


@experiment(zh="给了 generator 时，每一轮里每行恰好出现一次，并且与自己的标签在一起。")
def every_row_once(fit, given: Given):
    """With a generator every row comes once in each epoch, together with its label."""
    x, y = given.tensor("x", 14, 3), given.integers("y", 0, 4, 14)
    epochs = watched_epochs(fit, given, x, y)
    pairs = [zip(rows_of(epoch), [t for update in epoch for t in update["targets"]], strict=False) for epoch in epochs]
    return {
        "rows and labels, sorted": [sorted(pair) for pair in pairs],
        "rows per update": [[len(update["rows"]) for update in epoch] for epoch in epochs],
    }


def weight_after(fit, given, x, y, batch_size, generator=None):
    """Return the weight after two epochs. If one slice holds all rows, their order makes no difference."""
    net = given.mlp(3, 4)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    fit(net, nn.CrossEntropyLoss(), optimizer, x, y, 2, batch_size, generator)
    return net[0].weight


@experiment(zh="给了 generator 时，每一轮都对全部的行重新随机排序。")
def shuffled_anew(fit, given: Given):
    """With a generator every epoch has a new random order of all rows."""
    x, y = given.tensor("x", 16, 3), given.integers("y", 0, 4, 16)
    orders = [rows_of(epoch) for epoch in watched_epochs(fit, given, x, y)]
    return {
        "different orders": len({tuple(order) for order in orders}),
        "epochs in the given order": sum(order == sorted(order) for order in orders),
        **hardly_mixed(orders, 4),
        "weight after two epochs in one slice": weight_after(fit, given, x, y, 16, given.generator()),
    }


@experiment(zh="顺序只由传入的 generator 决定：状态相同则顺序相同，状态不同则顺序不同。")
def the_generator_decides(fit, given: Given):
    """The given generator alone decides the order: equal states give equal orders, different states different ones."""
    x, y = given.tensor("x", 10, 3), given.integers("y", 0, 4, 10)
    start, generator, again, other = given.mlp(3, 4), given.generator(), torch.Generator(), given.generator()
    again.set_state(generator.get_state())

    def run(with_generator):
        net = given.mlp(3, 4)
        net.load_state_dict(start.state_dict())
        optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
        fit(net, nn.CrossEntropyLoss(), optimizer, x, y, 1, 2, with_generator)
        return net[0].weight.detach()

    first = run(generator)
    torch.rand(3)
    second, third, fourth = run(again), run(other), run(generator)
    return {
        "same state, same weight": torch.allclose(first, second, rtol=1e-9),
        "other seed, same weight": torch.allclose(first, third, rtol=1e-9),
        "state moved on, same weight": torch.allclose(first, fourth, rtol=1e-9),
        "weight after two epochs in the given order": weight_after(fit, given, x, y, 5),
    }


@experiment(zh="优化器的状态在各片和各轮之间保留；即使损失增大，也跑满 epochs 轮。")
def all_epochs_with_one_optimizer(fit, given: Given):
    """The optimizer keeps its state over slices and epochs, and all epochs are run, even if the loss grows."""
    x, y = given.tensor("x", 7, 3), given.integers("y", 0, 4, 7)
    net, growing = given.mlp(3, 4), given.mlp(3, 2)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    fit(net, nn.CrossEntropyLoss(), optimizer, x, y, epochs=3, batch_size=3)
    large, target = given.tensor("large x", 5, 3, low=1.0, high=2.0), given.tensor("target", 5, 2, low=5.0, high=9.0)
    optimizer = torch.optim.SGD(growing.parameters(), lr=1.0)
    fit(growing, nn.MSELoss(), optimizer, large, target, 3, 5)
    return {**values_of(net), "weight after growing losses": growing[0].weight}


@experiment(zh="调用之前残留在 .grad 里的梯度不影响训练。")
def old_gradients(fit, given: Given):
    """Gradients left in .grad before the call have no influence on the training."""
    net = given.mlp(3, 4)
    given.new_gradients(list(net.parameters()))
    x, y = given.tensor("x", 6, 3), given.integers("y", 0, 4, 6)
    fit(net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.3), x, y, 3, 3)
    return values_of(net)


@experiment(zh="训练在 train 模式下进行，无论网络原来是什么模式。")
def in_train_mode(fit, given: Given):
    """The net is trained in train mode, also if it was in eval mode before."""
    observed = {}
    for arrives in ("eval", "train"):
        modes = set()
        net = given.fill(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        net = Watched(net, lambda rows, output, training, modes=modes: modes.add(training)).train(arrives == "train")
        x, y = given.tensor(f"x, {arrives}", 6, 3), given.integers(f"y, {arrives}", 0, 3, 6)
        fit(net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1), x, y, 3, 3)
        observed[f"modes, arrives in {arrives}"] = sorted(modes)
        observed |= {f"{name}, arrives in {arrives}": value for name, value in values_of(net).items()}
    return observed


def scripted(given, values):
    """Return a net, a train_epoch that changes it randomly, a validate that returns `values`, and a log of calls.

    As real optimizers do, train_epoch changes tensors in place, or replaces the tensor of a parameter through .data.
    """
    net = given.fill(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))
    log, left = [], iter(values)

    def train_epoch():
        log.append("train")
        with torch.no_grad():
            net[0].weight.data = net[0].weight.data + given.number(1.0, 2.0)
            net[0].bias.add_(given.number(1.0, 2.0))
            net[1].running_mean.add_(given.number(1.0, 2.0))
            net[1].num_batches_tracked.add_(1)

    def validate():
        log.append("validate")
        return next(left)

    return net, train_epoch, validate, log


def entries(result):
    """Return the four entries of a result; a text if the result is no dict."""
    if not isinstance(result, dict):
        return {"result": f"{type(result).__name__}, no dict"}
    return {name: result.get(name, "missing") for name in ("best_epoch", "best_loss", "epochs_run", "history")}


@experiment(zh="返回的字典包含最优轮次（从 0 数起）、它的损失、运行的轮数和全部的值。")
def four_entries(fit_with_early_stopping, given: Given):
    """It returns a dict of the best epoch (counted from 0), its loss, the number of epochs and all values."""
    base = given.whole(64, 640) / 64
    net, train_epoch, validate, _ = scripted(given, [base + d for d in (4.0, 2.0, 1.0, 1.5, 2.5, 3.0)])
    return entries(fit_with_early_stopping(net, train_epoch, validate, 6, 9))


@experiment(zh="结束时网络里是最优那一轮的权重和缓冲区，而不是最后一轮的。")
def best_state_comes_back(fit_with_early_stopping, given: Given):
    """At the end the net holds the weights and buffers of the best epoch, not those of the last."""
    base = given.whole(64, 640) / 64
    values = [base + d for d in (4.0, 2.0, 2.5, 1.0, 1.5, 3.0, 3.5)]
    net, train_epoch, validate, _ = scripted(given, values)
    fit_with_early_stopping(net, train_epoch, validate, 7, 5)
    observed = values_of(net)
    net, train_epoch, validate, _ = scripted(given, values[3:])
    fit_with_early_stopping(net, train_epoch, validate, 4, 2)
    return {**observed, **{f"{name}, the first is best": value for name, value in values_of(net).items()}}


@experiment(zh="连续 patience 轮没有改进时停止；每出现新的最优值就重新计数。")
def patience_in_a_row(fit_with_early_stopping, given: Given):
    """It stops after `patience` epochs in a row without improvement, and each new best restarts the count."""
    base = given.whole(64, 640) / 64
    values = [base + d for d in (6.5, 4.0, 3.25, 5.0, 4.5, 3.0, 3.75, 3.5, 2.0, 6.0, 5.0, 4.0)]
    values += [base + d for d in (4.25, 1.0, 0.5, 0.75, 0.625, 0.875)]
    net, train_epoch, validate, log = scripted(given, values)
    result = fit_with_early_stopping(net, train_epoch, validate, max_epochs=18, patience=3)
    return {"calls": log, "history": entries(result).get("history")}


@experiment(zh="只有比最优值低出 min_delta 以上才算改进。")
def smallest_improvement(fit_with_early_stopping, given: Given):
    """Only a value that is lower than the best by more than min_delta is an improvement."""
    base = given.whole(64, 640) / 64
    values = [base + d for d in (4.0, 3.75, 3.5, 3.25, 3.0, 2.75, 3.0, 2.875)]
    net, train_epoch, validate, log = scripted(given, values)
    result = fit_with_early_stopping(net, train_epoch, validate, 8, 3, min_delta=0.5)
    observed = {**entries(result), "calls": len(log)}
    net, train_epoch, validate, _ = scripted(given, [base + d for d in (4.0, 3.0, 2.75, 5.0, 4.0, 3.5)])
    again = fit_with_early_stopping(net, train_epoch, validate, 6, 3, min_delta=0.5)
    return {**observed, **{f"{name}, up and down": value for name, value in entries(again).items()}}


@experiment(zh="nan 会消耗 patience；值很大时也可以是改进；min_delta 取默认值时，再小的差别也算改进。")
def nan_large_and_small(fit_with_early_stopping, given: Given):
    """A nan uses up patience, while a huge value and, with the default min_delta, the least difference can improve."""
    base, nan = given.whole(64, 640) / 64, math.nan
    observed = {}
    for name, values, patience in (
        ("nan", [nan, base, nan, base + 1, base - 1, base], 2),
        ("only nan", [nan] * 6, 4),
        ("huge", [2.0**70, base, base + 1, base + 2, base, base], 3),
        ("small", [base, base - 2.0**-30, base, base, base - 1, base], 2),
    ):
        net, train_epoch, validate, log = scripted(given, values)
        result = fit_with_early_stopping(net, train_epoch, validate, 6, patience)
        observed |= {name: entries(result), f"{name}: calls": len(log)}
    return observed
