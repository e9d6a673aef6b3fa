"""Hidden experiments of exercise 9: the training loop."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from grader import Given, experiment


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


def values_of(net):
    """Return copies of the parameters and buffers of a net by name."""
    return {name: value.clone() for name, value in net.state_dict().items()}


def error_rate(net, x, y):
    """Return the fraction of rows for which a net predicts the wrong class."""
    net.eval()
    with torch.no_grad():
        return float((net(x).argmax(dim=1) != y).double().mean())


@experiment(zh="在真实的手写数字上训练多步之后，网络能认出没见过的数字。", at_most={"held-out error": 0.8})
def learns_digits(train_step, given: Given):
    """After many steps on real digits the net recognizes digits that it has not seen."""
    x, y, unseen_x, unseen_y = given.digits(160, 100)
    net = given.mlp(64, 32, 10)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.3, momentum=0.7)
    batches = [*zip(x.split(16), y.split(16), strict=True)] * 2
    for xs, ys in batches:
        train_step(net, F.cross_entropy, optimizer, xs, ys)
    return {"last bias": net[2].bias, "held-out error": error_rate(net, unseen_x, unseen_y)}


@experiment(zh="更新由优化器决定：参数组、动量和中途改变的学习率；没有交给它的和冻结的参数不变。")
def the_optimizer_decides(train_step, given: Given):
    """The optimizer decides the update: its groups, its momentum and a changed rate; other parameters stay."""
    net = given.fill(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2)))
    net[0].weight.requires_grad_(False)
    groups = [{"params": net[0].parameters(), "lr": 0.2}, {"params": net[4].parameters(), "weight_decay": 0.5}]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    for i, rate in enumerate((0.1, 0.0, 0.2)):
        optimizer.param_groups[1]["lr"] = rate
        x, y = given.tensor(f"x {i}", 5, 3), given.tensor(f"y {i}", 5, 2, low=5.0, high=9.0)
        train_step(net, nn.MSELoss(), optimizer, x, y)
    return values_of(net)


class TwoHeads(nn.Module):
    """A net with two layers, of which the forward pass uses only one."""

    def __init__(self):
        super().__init__()
        self.used, self.unused = nn.Linear(3, 2), nn.Linear(3, 2)

    def forward(self, x):
        """Return the output of the used layer."""
        return self.used(x)


@experiment(zh="没有参与前向的参数即使残留着旧梯度，也保持不变。")
def unused_parameters_stay(train_step, given: Given):
    """A parameter that takes no part in the forward pass stays as it is, even with an old gradient."""
    net = given.fill(TwoHeads())
    given.new_gradients(list(net.parameters()))
    x, y = given.tensor("x", 4, 3), given.tensor("y", 4, 2)
    train_step(net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.5), x, y)
    return values_of(net)


@experiment(
    zh="任何 (output, target) 的函数都可以作 criterion；float32 的网络照样训练；大梯度不裁剪。",
    rtol=1e-5,
    atol=1e-6,
)
def any_criterion(train_step, given: Given):
    """Any function of (output, target) can be the criterion, float32 nets train too, and large gradients stay whole."""
    x, y = given.tensor("x", 6, 3, dtype=torch.float32), given.tensor("y", 6, 2, dtype=torch.float32)
    net = given.mlp(3, 2).float()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.25)
    train_step(net, lambda output, target: (output - 2 * target).square().sum(), optimizer, x, y)
    train_step(net, lambda output, target: (3 * output - target).abs().sum(), optimizer, x, y)
    return values_of(net)


@experiment(zh="两个网络各用自己的优化器轮流训练时，互不影响。")
def two_nets_in_turn(train_step, given: Given):
    """Two nets trained in turn with an optimizer each do not influence each other."""
    nets = given.mlp(3, 2), given.mlp(3, 4, 2)
    optimizers = [torch.optim.SGD(nets[0].parameters(), lr=0.1), torch.optim.Adam(nets[1].parameters(), lr=0.05)]
    for i in range(3):
        x, y = given.tensor(f"x {i}", 4, 3), given.tensor(f"y {i}", 4, 2)
        for net, optimizer in zip(nets, optimizers, strict=True):
            train_step(net, nn.MSELoss(), optimizer, x, y)
    return {**values_of(nets[0]), **{f"second {n}": v for n, v in values_of(nets[1]).items()}}


def labels(net, x, shifts):
    """Return classes for the rows of x: the class that the net predicts, increased by the shift of the row."""
    with torch.no_grad():
        output = net(x)
    return (output.argmax(dim=1) + torch.tensor(shifts)) % output.shape[1]


@experiment(zh="x 为空时抛出 ValueError；只有一行时也能评估。", rtol=1e-6, atol=1e-8)
def empty_is_an_error(evaluate, given: Given):
    """An empty x raises ValueError, and a single row can be evaluated."""
    net = given.mlp(3, 4, keep=True)
    x, y = given.tensor("x", 1, 3), given.integers("y", 0, 4, 1)
    observed = {}
    for mode in (True, False):
        net.train(mode)
        observed[f"empty, training was {mode}"] = given.error(lambda: evaluate(net, F.cross_entropy, x[:0], y[:0]))
    return {**observed, "loss of one row": evaluate(net, F.cross_entropy, x, y)[0]}


@experiment(zh="batch_size 默认是 64，所以 70 行分成 64 行和 6 行两片。", rtol=1e-6, atol=1e-8)
def slices_of_64(evaluate, given: Given):
    """By default a slice has 64 rows, so 70 rows are slices of 64 and 6."""
    sizes = []
    net = Watched(given.mlp(3, 3, keep=True), lambda rows, output, training: sizes.append(len(rows)))
    x, y = given.tensor("x", 70, 3), given.integers("y", 0, 3, 70)
    evaluate(net, nn.CrossEntropyLoss(), x, y)
    loss, _ = evaluate(net, nn.CrossEntropyLoss(), x[:60], y[:60])
    return {"loss of 60 rows": loss, "rows per slice": sorted(sizes)}


@experiment(zh="损失与 batch_size 无关：每片一行、恰好整除、一片装下全部都一样。", rtol=1e-6, atol=1e-8)
def any_slice_size(evaluate, given: Given):
    """The loss does not depend on batch_size, be it 1, a divisor of the number of rows or larger than it."""
    sizes = []
    net = Watched(given.mlp(4, 4, keep=True), lambda rows, output, training: sizes.append(len(rows)))
    x, y = given.tensor("x", 8, 4), given.integers("y", 0, 4, 8)
    observed = {f"loss, slices of {n}": evaluate(net, nn.CrossEntropyLoss(), x, y, n)[0] for n in (4, 1, 8, 50)}
    return {**observed, "rows per slice": sorted(sizes)}


@experiment(
    zh="criterion 依次收到网络的原始输出和目标；x 可以是三维、float32、内存不连续的。",
    rtol=1e-5,
    atol=1e-6,
)
def raw_outputs_to_the_criterion(evaluate, given: Given):
    """The criterion gets (raw output, target) in this order, and x may be 3-D, float32 and not contiguous."""
    net = given.fill(nn.Sequential(nn.Linear(3, 4), nn.Flatten(), nn.Linear(8, 3)), keep=True).float().eval()
    x = given.keep("x", given.tensor("base", 3, 2, 8, dtype=torch.float32).permute(2, 1, 0))
    y = given.keep("y", given.integers("classes", 0, 3, 16)[::2])
    loss, _ = evaluate(net, lambda output, target: (output[:, 0] * (1 + target) - 3).mean(), x, y, 4)
    return {"loss": loss}


@experiment(zh="Adam 的状态在各片和各轮之间保留：三轮之后参数正确。")
def adam_across_epochs(fit, given: Given):
    """Adam keeps its state over slices and epochs: after three epochs the parameters are right."""
    x, y = given.tensor("x", 7, 3), given.integers("y", 0, 3, 7)
    net = given.mlp(3, 4, 3)
    fit(net, F.cross_entropy, torch.optim.Adam(net.parameters(), lr=0.1), x, y, epochs=3, batch_size=3)
    return values_of(net)


@experiment(zh="batch_size 不小于行数时，每轮用全部的行更新一次；即使损失增大也跑满 epochs 轮。")
def whole_batch(fit, given: Given):
    """With a batch_size of n or more, each epoch is one update on all rows, even if the loss grows."""
    x, y = given.tensor("x", 6, 3, low=1.0, high=2.0), given.tensor("y", 6, 2, low=5.0, high=9.0)
    observed = {}
    for size in (6, 9):
        net = given.mlp(3, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
        fit(net, nn.MSELoss(), optimizer, x, y, 3, size, given.generator())
        observed |= {f"{name}, {size}": value for name, value in values_of(net).items()}
    return observed


@experiment(zh="顺序只由传入的 generator 决定，与全局随机数无关：状态相同则顺序相同，状态不同则顺序不同。")
def order_from_the_generator(fit, given: Given):
    """The given generator alone decides the order, not the global random numbers: equal states give equal runs."""
    x, y = given.tensor("x", 12, 3), given.integers("y", 0, 3, 12)
    start = given.mlp(3, 3)
    generator, again, other = given.generator(), torch.Generator(), given.generator()
    again.set_state(generator.get_state())

    def run(with_generator, batch_size=2):
        net = given.mlp(3, 3)
        net.load_state_dict(start.state_dict())
        optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
        fit(net, nn.CrossEntropyLoss(), optimizer, x, y, 1, batch_size, with_generator)
        return net[0].weight.detach()

    first = run(generator)
    torch.rand(5)
    second, third, fourth = run(again), run(other), run(generator)
    return {
        "same state, same weight": torch.allclose(first, second, rtol=1e-9),
        "other seed, same weight": torch.allclose(first, third, rtol=1e-9),
        "state moved on, same weight": torch.allclose(first, fourth, rtol=1e-9),
        "weight after one slice": run(None, 12),
    }


@experiment(zh="每片一行、恰好整除的切片、float32、内存不连续的三维输入，都能照常训练。", rtol=1e-5, atol=1e-6)
def any_shape_of_data(fit, given: Given):
    """It trains with slices of one row, slices that fit exactly, float32 and 3-D inputs that are not contiguous."""
    x = given.keep("x", given.tensor("base", 3, 2, 6, dtype=torch.float32).permute(2, 1, 0))
    y = given.keep("y", given.tensor("targets", 2, 6, dtype=torch.float32).T)
    observed = {}
    for size in (1, 3):
        net = given.fill(nn.Sequential(nn.Linear(3, 2), nn.Flatten(), nn.Linear(4, 2))).float()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
        fit(net, lambda o, t: (o - 2 * t).square().mean(), optimizer, x, y, 1, size)
        observed |= {f"{name}, {size}": value for name, value in values_of(net).items()}
    return observed


@experiment(
    zh="在真实的手写数字上训练几轮之后，网络能认出没见过的数字。",
    at_most={"held-out error": 0.5},
)
def learns_digits_in_epochs(fit, given: Given):
    """After a few epochs on real digits the net recognizes digits that it has not seen."""
    x, y, unseen_x, unseen_y = given.digits(240, 300)
    net = given.mlp(64, 32, 10)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.7)
    fit(net, nn.CrossEntropyLoss(), optimizer, x, y, 3, 24, given.generator())
    # Student code could claim any error below the limit without training; this run has exactly one right result.
    plain = given.mlp(64, 10)
    fit(plain, nn.CrossEntropyLoss(), torch.optim.SGD(plain.parameters(), lr=0.1), x[:40], y[:40], 2, 16)
    return {"held-out error": error_rate(net, unseen_x, unseen_y), "bias after the given order": plain[0].bias}


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


@experiment(zh="与最优值相等不算改进，所以保留其中最早的一轮。")
def equal_is_no_improvement(fit_with_early_stopping, given: Given):
    """A value equal to the best is no improvement, so the first of equal epochs is kept."""
    low = given.whole(64, 640) / 64
    lower = low - 2.0**-30
    net, train_epoch, validate, log = scripted(given, [low + 1.0, low, low, lower, lower, lower, low - 0.25])
    result = fit_with_early_stopping(net, train_epoch, validate, 7, 2)
    return {**entries(result), "calls": len(log)}


@experiment(zh="nan 算没有改进的一轮；全是 nan 时没有最优轮次。")
def nan_never_improves(fit_with_early_stopping, given: Given):
    """A nan is an epoch without improvement, and if all values are nan, there is no best epoch."""
    base = given.whole(64, 640) / 64
    net, train_epoch, validate, log = scripted(given, [math.nan, base, math.nan, base + 1, base - 1])
    mixed = fit_with_early_stopping(net, train_epoch, validate, 5, 2)
    observed = {**entries(mixed), "calls": len(log)}
    net, train_epoch, validate, log = scripted(given, [math.nan] * 5)
    never = fit_with_early_stopping(net, train_epoch, validate, 5, 3)
    return {**observed, "only nan": entries(never), "calls, only nan": len(log)}


@experiment(zh="值一直改进就跑满 max_epochs 轮；patience 没有用完时也在那里停止。")
def never_more_than_max_epochs(fit_with_early_stopping, given: Given):
    """It runs max_epochs while values improve and stops there even with patience left."""
    base = given.whole(64, 640) / 64
    observed = {}
    for name, patience, deltas in (
        ("improving", 2, (3, 2, 1, 0)),
        ("late", 9, (2, 1, 3, 4, 0)),
        ("one", 1, (3, 1, 2, 0)),
    ):
        net, train_epoch, validate, log = scripted(given, [base + d for d in deltas])
        result = fit_with_early_stopping(net, train_epoch, validate, 4, patience)
        observed |= {name: entries(result), f"{name}: calls": len(log)}
    return observed


@experiment(zh="与最优值的差决定是否改进，值很大、为负或为 inf 时也一样。")
def any_values(fit_with_early_stopping, given: Given):
    """The difference to the best decides, for huge, negative and infinite values, too."""
    base = given.whole(64, 640) / 64
    values = [math.inf, 2.0**70, base, -base, -base - 0.25, -base - 1.0, base, -base - 1.25, 0.0]
    net, train_epoch, validate, log = scripted(given, values)
    result = fit_with_early_stopping(net, train_epoch, validate, 9, 2, 0.5)
    return {**entries(result), "calls": len(log)}


class OneDictionary(nn.Linear):
    """A layer whose state_dict() returns the same dict object every time, with the current values."""

    def state_dict(self, *args, **kwargs):
        """Update the one dict, and return it."""
        shown = self.__dict__.setdefault("shown", {})
        shown.update(super().state_dict(*args, **kwargs))
        return shown


@experiment(zh="保存的最优状态是一份副本，之后再次调用 state_dict() 不会改变它。")
def a_copy_of_your_own(fit_with_early_stopping, given: Given):
    """The stored best state is a copy, so calling state_dict() again later does not change it."""
    net = given.fill(OneDictionary(3, 2))
    base, looks = given.whole(64, 640) / 64, []

    def train_epoch():
        for p in net.parameters():
            p.data = p.data * 0.5 + given.number(1.0, 2.0)

    def validate():
        looks.append(float(net.state_dict()["weight"].sum()))
        return base + (3.0, 1.0, 2.0, 4.0)[len(looks) - 1]

    fit_with_early_stopping(net, train_epoch, validate, 4, 3)
    return {"weight": net.weight.detach().clone(), "bias": net.bias.detach().clone()}
