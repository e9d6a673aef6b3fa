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
    """A net that tells `look(x, output, training)` about every forward pass."""

    def __init__(self, body, look):
        super().__init__()
        self.body, self.look = body, look

    def forward(self, x):
        """What the net inside says."""
        output = self.body(x)
        self.look(x, output, self.training)
        return output


def counted(body):
    """A net that counts its forward and backward passes, and the counts; `count_updates` adds the optimizer's."""
    seen = {"forward passes": 0, "backward passes": 0}

    def count_backward(gradient):
        seen["backward passes"] += 1

    def look(rows, output, training):
        seen["forward passes"] += 1
        if output.requires_grad:
            output.register_hook(count_backward)

    return Watched(body, look), seen


def count_updates(optimizer, seen):
    """Count the updates of an optimizer, too."""
    seen["updates"] = 0

    def count(*_):
        seen["updates"] += 1

    optimizer.register_step_post_hook(count)


def values_of(net):
    """The numbers a net holds now, copied: parameters and buffers by name."""
    return {name: value.clone() for name, value in net.state_dict().items()}


@experiment(zh="一步：一次前向、一次反向，优化器更新一次参数；返回更新之前的损失 (float)。")
def one_step(train_step, given: Given):
    """One step is one forward pass, one backward pass and one update; the loss before it comes back as a float."""
    x, y = given.tensor("x", 5, 3, low=1.0, high=4.0), given.integers("y", 0, 4, 5)
    net, seen = counted(given.mlp(3, 6, 4))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2)
    count_updates(optimizer, seen)
    criterion = nn.CrossEntropyLoss(reduction="sum")
    observed = {"loss": train_step(net, criterion, optimizer, x, y), **values_of(net), **seen}
    train_step(net, criterion, optimizer, x, y)
    return {**observed, **{f"{name} after a second step": value for name, value in values_of(net).items()}}


@experiment(zh="调用之前残留在 .grad 里的梯度不影响这一步。")
def leftover_gradients(train_step, given: Given):
    """Gradients that somebody left in .grad before the call have no influence on the step."""
    net, seen = counted(given.mlp(3, 5, 2))
    given.new_gradients(list(net.parameters()))
    optimizer, losses = torch.optim.SGD(net.parameters(), lr=0.1), []
    count_updates(optimizer, seen)
    for name in ("first", "second"):
        x, y = given.tensor(f"{name} x", 4, 3), given.tensor(f"{name} y", 4, 2, low=5.0, high=9.0)
        losses.append(train_step(net, nn.MSELoss(), optimizer, x, y))
    return {"losses": losses, **values_of(net), **seen}


@experiment(zh="只有交给优化器、又参与前向的参数才动：其余的保持不变，即使残留着旧梯度。")
def only_what_takes_part(train_step, given: Given):
    """Only parameters that the optimizer holds and the pass uses move; others stay, even with an old gradient."""
    net = given.fill(nn.ModuleDict({"used": nn.Linear(3, 2), "foreign": nn.Linear(2, 4), "idle": nn.Linear(3, 2)}))
    given.new_gradients(list(net.parameters()))
    held = [*net["used"].parameters(), *net["idle"].parameters()]
    chain, seen = counted(nn.Sequential(net["used"], net["foreign"]))
    chain.idle = net["idle"]  # part of the net, but not of its forward pass
    optimizer = torch.optim.SGD(held, lr=0.3)
    count_updates(optimizer, seen)
    x, y = given.tensor("x", 5, 3), given.tensor("y", 5, 4)
    losses = [train_step(chain, nn.MSELoss(), optimizer, x, y) for _ in range(2)]
    return {"losses": losses, **values_of(net), **seen}


@experiment(zh="Adam 的记忆在多次调用之间保留：三步之后参数仍与标准写法一致。")
def adam_remembers(train_step, given: Given):
    """Adam keeps its memory from call to call: three steps on three batches end where they should."""
    net, seen = counted(given.mlp(3, 5, 3))
    optimizer, losses = torch.optim.Adam(net.parameters(), lr=0.05, eps=0.01), []
    count_updates(optimizer, seen)
    for i in range(3):
        x, y = given.tensor(f"x {i}", 6, 3), given.tensor(f"y {i}", 6, 3, low=5.0, high=9.0)
        losses.append(train_step(net, nn.MSELoss(), optimizer, x, y))
    return {"losses": losses, **values_of(net), **seen}


@experiment(zh="损失是对全体样本的平均：最后较短的一片也算，并且按它的行数计。", rtol=1e-6, atol=1e-8)
def mean_over_all_samples(evaluate, given: Given):
    """The loss is the mean over all samples: the shorter last slice counts, and counts by its rows."""
    sizes = []
    net = Watched(given.mlp(4, 3, keep=True), lambda rows, output, training: sizes.append(len(rows)))
    x = given.tensor("x", 16, 4)
    y = given.keep("y", labels(net.body, x, [0, 0, 0, 1, 0, 0, 0, 1, 0, 2, 0, 0, 1, 0, 2, 2]))
    loss, _ = evaluate(net, nn.CrossEntropyLoss(), x, y, 6)
    return {"loss": loss, "rows per slice": sorted(sizes)}


@experiment(zh="准确率是全部行中判断正确的比例：一半正确时是 0.5，全部正确时是 1.0。", rtol=1e-6, atol=1e-8)
def share_of_right_rows(evaluate, given: Given):
    """The accuracy is the share of right rows among all: 0.5 if half of them are right, 1.0 if all are."""
    net = given.mlp(4, 3, keep=True)
    x, wrong = given.tensor("x", 16, 4), given.whole(1, 5)
    y = given.keep("y", labels(net, x, [1] * wrong + [0] * (12 - wrong) + [1, 0, 2, 2]))
    _, accuracy = evaluate(net, nn.CrossEntropyLoss(), x, y, 6)
    right = slice(wrong, 12)
    return {"accuracy": accuracy, "all right": evaluate(net, nn.CrossEntropyLoss(), x[right], y[right], 3)[1]}


@experiment(zh="x 为空时抛出 ValueError；batch_size 默认是 64；恰好分完时没有空的一片。", rtol=1e-6, atol=1e-8)
def slices_without_an_empty_one(evaluate, given: Given):
    """An empty x raises ValueError; batch_size is 64 by default; where slices fit exactly, none is empty."""
    sizes = []
    net = Watched(given.mlp(3, 4, keep=True), lambda rows, output, training: sizes.append(len(rows)))
    x = given.tensor("x", 67, 3)
    y = given.keep("y", labels(net.body, x, [0] * 50 + [1] * 12 + [2] * 5))
    observed = {"empty": given.error(lambda: evaluate(net, nn.CrossEntropyLoss(), x[:0], y[:0]))}
    observed["loss of 67 rows"] = evaluate(net, nn.CrossEntropyLoss(), x, y)[0]
    observed["loss of 9 rows, slices of 3"] = evaluate(net, nn.CrossEntropyLoss(), x[:9], y[:9], 3)[0]
    return {**observed, "rows per slice": sorted(sizes)}


@experiment(
    zh="评估在 eval 模式下进行：Dropout 不生效，BatchNorm 的统计量不变，再评估一次结果相同。", rtol=1e-6, atol=1e-8
)
def in_eval_mode(evaluate, given: Given):
    """In eval mode dropout does nothing and batch norm keeps its statistics, so a second evaluation says the same."""
    modes = set()
    body = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))
    net = Watched(given.fill(body, keep=True), lambda rows, output, training: modes.add(training))
    for name, low in (("running_mean", -1.0), ("running_var", 0.5)):
        getattr(body[1], name).copy_(given.tensor(name, 8, low=low, high=1.5))
        given.keep(name, getattr(body[1], name))
    x, y = given.tensor("x", 10, 3), given.integers("y", 0, 3, 10)
    first, _ = evaluate(net, nn.CrossEntropyLoss(), x, y, 4)
    second, _ = evaluate(net, nn.CrossEntropyLoss(), x, y, 4)
    losses = {"first loss": first, "second loss": second}
    return {**losses, "training inside": sorted(modes), "batches": body[1].num_batches_tracked}


@experiment(zh="结束后网络回到原来的模式：原来是 train 就是 train，原来是 eval 就是 eval。", rtol=1e-6, atol=1e-8)
def mode_given_back(evaluate, given: Given):
    """Afterwards the net is in the mode it was in before, whichever that was."""
    net = given.mlp(3, 4, 3, keep=True)
    x, y = given.tensor("x", 4, 3), given.integers("y", 0, 3, 4)
    observed = {}
    for mode in (True, False):
        net.train(mode)
        loss, _ = evaluate(net, nn.CrossEntropyLoss(), x + mode, y)
        observed |= {f"loss, training was {mode}": loss, f"training, was {mode}": net.training}
    return observed


@experiment(zh="评估不记录计算图、不留下梯度；返回之后调用者仍能训练。", rtol=1e-6, atol=1e-8)
def no_graph(evaluate, given: Given):
    """No graph is recorded and no gradient left behind, and afterwards the caller can still train."""
    graphs = {"output": set(), "loss": set()}

    def criterion(output, target):
        loss = F.cross_entropy(output, target)
        graphs["loss"].add(given.flags(loss))
        return loss

    net = given.mlp(3, 5, 3, keep=True)
    watched = Watched(net, lambda rows, output, training: graphs["output"].add(given.flags(output)))
    x = given.tensor("x", 10, 3)
    y = given.keep("y", labels(net, x, [0, 0, 1, 0, 1, 0, 2, 1, 0, 0]))
    loss, _ = evaluate(watched, criterion, x, y, batch_size=4)
    observed = {"gradients": [p.grad for p in net.parameters()], "gradients enabled": torch.is_grad_enabled()}
    kinds = {f"the {name} is": sorted(seen) for name, seen in graphs.items()}
    return {"loss": loss, **kinds, **observed}


def labels(net, x, shifts):
    """Classes for the rows of x: what the net says where the shift is 0, another class elsewhere."""
    with torch.no_grad():
        output = net(x)
    return (output.argmax(dim=1) + torch.tensor(shifts)) % output.shape[1]


def watch_updates(x, net, optimizer):
    """Note for every update which rows of x went in last and with which targets: (net, criterion, log)."""
    now, log = {}, []

    def criterion(output, target):
        now["targets"] = target.tolist()
        return F.cross_entropy(output, target)

    def look(rows, output, training):
        now["rows"] = [int((x == row).all(dim=1).nonzero()[0]) for row in rows]

    optimizer.register_step_post_hook(lambda *_: log.append(dict(now)))
    return Watched(net, look), criterion, log


def hardly_mixed(orders, size):
    """Whether most rows still come beside a neighbor, and whether nearly all stay in the slice where they were."""
    beside = [abs(a - b) in (1, len(order) - 1) for order in orders for a, b in pairwise(order)]
    at_home = [place // size == row // size for order in orders for place, row in enumerate(order)]
    together, kept = sum(beside) > 0.6 * len(beside), sum(at_home) > 0.8 * len(at_home)
    return {"neighbors stay together": together, "rows stay in their slice": kept}


@experiment(zh="generator 为 None 时按原顺序，每片更新一次；每轮记录更新之前的损失对样本的平均。")
def in_the_given_order(fit, given: Given):
    """Without a generator the rows keep their order, every slice is one update, and the mean loss counts every row."""
    x, y = given.tensor("x", 10, 3), given.integers("y", 0, 3, 10)
    net = given.mlp(3, 5, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
    watched, criterion, log = watch_updates(x, net, optimizer)
    history = fit(watched, criterion, optimizer, x, y, 3, 4)
    rows = [row for update in log for row in update["rows"]]
    return {"history": history, "in order": rows == 3 * [*range(10)], "updates": len(log), **values_of(net)}


@experiment(zh="给了 generator 时，每轮重新打乱：每行恰好一次，标签跟着行走；学习率为 0 时平均损失与顺序无关。")
def shuffled_anew(fit, given: Given):
    """With a generator every epoch has an order of its own, every row comes once, and its label comes with it."""
    x, y = given.tensor("x", 14, 3), given.integers("y", 0, 4, 14)
    net = given.mlp(3, 4)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.0)  # the net stays the same: the mean loss knows no order
    net, criterion, log = watch_updates(x, net, optimizer)
    history = fit(net, criterion, optimizer, x, y, epochs=3, batch_size=4, generator=given.generator())
    epochs = [log[start : start + 4] for start in range(0, len(log), 4)]
    orders = [[row for update in epoch for row in update["rows"]] for epoch in epochs]
    targets = [[target for update in epoch for target in update["targets"]] for epoch in epochs]
    return {
        "history": history,
        "rows and labels, sorted": [sorted(zip(*pair, strict=False)) for pair in zip(orders, targets, strict=True)],
        "rows per update": [[len(update["rows"]) for update in epoch] for epoch in epochs],
        "different orders": len({tuple(order) for order in orders}),
        "epochs in the given order": sum(order == sorted(order) for order in orders),
        **hardly_mixed(orders, 4),
    }


def same(history, other):
    """Whether two histories hold the same losses, up to rounding."""
    return len(history) == len(other) and all(
        math.isclose(a, b, rel_tol=1e-9) for a, b in zip(history, other, strict=True)
    )


@experiment(zh="随机顺序全由传入的 generator 决定：状态相同则顺序相同，状态不同则顺序不同。")
def the_generator_decides(fit, given: Given):
    """The order comes from the given generator alone: the same state gives the same run, another state another."""
    x, y = given.tensor("x", 10, 3), given.integers("y", 0, 4, 10)
    start, generator, again, other = given.mlp(3, 4), given.generator(), torch.Generator(), given.generator()
    again.set_state(generator.get_state())

    def run(with_generator, batch_size=2):
        net = given.mlp(3, 4)
        net.load_state_dict(start.state_dict())
        optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
        return fit(net, nn.CrossEntropyLoss(), optimizer, x, y, 1, batch_size, with_generator)

    first = run(generator)
    torch.rand(3)
    second, third, fourth = run(again), run(other), run(generator)
    return {
        "same state, same history": same(first, second),
        "other seed, same history": same(first, third),
        "state moved on, same history": same(first, fourth),
        "one slice": run(None, 10),
    }


@experiment(zh="优化器的记忆跨越各片与各轮；即使损失越来越大，也跑满 epochs 轮。")
def all_epochs_with_one_optimizer(fit, given: Given):
    """The optimizer keeps its memory over slices and epochs; all epochs are run, even if the loss grows."""
    x, y = given.tensor("x", 7, 3), given.integers("y", 0, 4, 7)
    net, growing = given.mlp(3, 4), given.mlp(3, 2)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    history = fit(net, nn.CrossEntropyLoss(), optimizer, x, y, epochs=3, batch_size=3)
    large, target = given.tensor("large x", 5, 3, low=1.0, high=2.0), given.tensor("target", 5, 2, low=5.0, high=9.0)
    optimizer = torch.optim.SGD(growing.parameters(), lr=1.0)
    grown = fit(growing, nn.MSELoss(), optimizer, large, target, 3, 5)
    return {"history": history, "growing history": grown, **values_of(net)}


@experiment(zh="训练在 train 模式下进行，无论网络传进来时是什么模式：BatchNorm 用的是每片自己的统计量。")
def in_train_mode(fit, given: Given):
    """The net is trained in train mode, whatever mode it arrives in: batch norm uses and counts every slice."""
    observed = {}
    for arrives in ("eval", "train"):
        modes = set()
        net = given.fill(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        net = Watched(net, lambda rows, output, training, modes=modes: modes.add(training)).train(arrives == "train")
        x, y = given.tensor(f"x, {arrives}", 6, 3), given.integers(f"y, {arrives}", 0, 3, 6)
        history = fit(net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1), x, y, 3, 3)
        observed |= {f"history, arrives in {arrives}": history, f"modes, arrives in {arrives}": sorted(modes)}
        observed |= {f"{name}, arrives in {arrives}": value for name, value in values_of(net).items()}
    return observed


def scripted(given, values):
    """A net, a train_epoch that moves it by random amounts, a validate that says `values`, and the log of calls.

    As real optimizers do, train_epoch writes into tensors in place or gives a parameter new ones through .data.
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
    """The four entries of a result, or what is wrong with it."""
    if not isinstance(result, dict):
        return {"result": f"{type(result).__name__}, no dict"}
    return {name: result.get(name, "missing") for name in ("best_epoch", "best_loss", "epochs_run", "history")}


@experiment(zh="结束时网络恢复最优那一轮的权重与缓冲区，而不是最后一轮的。")
def best_state_comes_back(fit_with_early_stopping, given: Given):
    """At the end the net holds the weights and buffers of the best epoch, not those of the last."""
    base = given.whole(64, 640) / 64
    values = [base + d for d in (4.0, 2.0, 1.0, 1.5, 2.5, 3.0, 3.5)]
    net, train_epoch, validate, _ = scripted(given, values)
    result = fit_with_early_stopping(net, train_epoch, validate, 7, 5)
    observed = {**entries(result), **values_of(net)}
    net, train_epoch, validate, _ = scripted(given, values)
    fit_with_early_stopping(net, train_epoch, validate, 7, 3)
    return {**observed, **{f"{name}, stopped early": value for name, value in values_of(net).items()}}


@experiment(zh="连续 patience 轮没有改进才停：一有改进就重新数起；与最优值比，而不是与上一轮比。")
def patience_in_a_row(fit_with_early_stopping, given: Given):
    """It stops after `patience` epochs in a row without improvement: each new best restarts the count."""
    base = given.whole(64, 640) / 64
    values = [base + d for d in (6.5, 4.0, 3.25, 5.0, 4.5, 3.0, 3.75, 3.5, 2.0, 6.0, 5.0, 4.0)]
    values += [base + d for d in (4.25, 1.0, 0.5, 0.75, 0.625, 0.875)]
    net, train_epoch, validate, log = scripted(given, values)
    result = fit_with_early_stopping(net, train_epoch, validate, max_epochs=18, patience=3)
    return {**entries(result), "calls": log, **values_of(net)}


@experiment(zh="只有比最优值小 min_delta 以上才算改进：差一点不算，恰好等于也不算。")
def smallest_improvement(fit_with_early_stopping, given: Given):
    """Only a value more than min_delta below the best improves: a little less does not, exactly min_delta neither."""
    base = given.whole(64, 640) / 64
    values = [base + d for d in (4.0, 3.75, 3.5, 3.25, 3.0, 2.75, 3.0, 2.875)]
    net, train_epoch, validate, log = scripted(given, values)
    result = fit_with_early_stopping(net, train_epoch, validate, 8, 3, min_delta=0.5)
    observed = {**entries(result), "calls": len(log), **values_of(net)}
    net, train_epoch, validate, _ = scripted(given, [base + d for d in (4.0, 3.0, 2.75, 5.0, 4.0, 3.5)])
    again = fit_with_early_stopping(net, train_epoch, validate, 6, 3, min_delta=0.5)
    return {**observed, **{f"{name}, up and down": value for name, value in entries(again).items()}}


@experiment(zh="nan 从不算改进，但照样计入没有改进的轮数；值可以很大；min_delta 默认为 0，再小的改进也算。")
def nan_large_and_small(fit_with_early_stopping, given: Given):
    """A nan never improves, but counts as an epoch; values may be huge; by default the least improvement counts."""
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
        observed |= {
            name: entries(result),
            f"{name}: calls": len(log),
            f"{name}: weight": net[0].weight.detach().clone(),
        }
    return observed
