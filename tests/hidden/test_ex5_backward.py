"""Hidden experiments of exercise 5: backward()."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader import Given, conv, experiment, linear


class CountingNet(nn.Module):
    """A net with conv1, a linear layer and an unused layer; it counts its forward and backward passes."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = linear(2, 2)
        self.conv1 = conv(1, 2, 3)
        self.fc = linear(8, 3)
        self.forwards = self.backwards = 0

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs (N, 3) for images (N, 1, 4, 4)."""
        self.forwards += 1
        output = self.fc(torch.tanh(self.conv1(x)).flatten(1))
        if output.requires_grad:
            output.register_hook(self._backward)
        return output

    def _backward(self, _: Tensor) -> None:
        self.backwards += 1


class Rows(nn.Module):
    """A small net for x (N, 2, 2) that remembers the largest number of rows it was given."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.fc = linear(4, outputs)
        self.largest = 0

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs (N, outputs) for x (N, 2, 2)."""
        self.largest = max(self.largest, len(x))
        return torch.tanh(self.fc(x.flatten(1)))


def grads(parameters) -> list[Tensor | None]:
    """Return copies of the current gradients."""
    return [None if p.grad is None else p.grad.detach().clone() for p in parameters]


def lopsided(output: Tensor, target: Tensor) -> Tensor:
    """Return a mean loss that changes if output and target are swapped."""
    return ((output - target) ** 2 * torch.exp(output)).mean()


def quotient(first, second):
    """Divide one loss by another, so that a constant factor cancels out; return a text if they are no numbers."""
    try:
        return float(first) / float(second)
    except (TypeError, ValueError, RuntimeError, ZeroDivisionError):
        return f"no quotient: {type(first).__name__} and {type(second).__name__}"


def direction(gradient):
    """Divide a gradient by its norm, so that a constant factor cancels out; any other value is returned unchanged."""
    return gradient / gradient.norm() if isinstance(gradient, Tensor) else gradient


@experiment(zh="连续调用两次，得到同样的一对：(None, 梯度)。")
def twice_the_same_pair(grad_before_after, given: Given):
    """A second call returns the same pair: None, and the same gradient."""
    net = given.fill(CountingNet(), keep=True)
    x, target = given.tensor("x", 3, 1, 4, 4), given.tensor("target", 3, 3)
    first = grad_before_after(net, lopsided, x, target)
    return {"first": first, "second": grad_before_after(net, lopsided, x, target), "gradients": grads(net.parameters())}


@experiment(zh="这次没有用到的层，残留的梯度也变成 None。")
def unused_layers_too(grad_before_after, given: Given):
    """The gradients of a layer that the net does not use are cleared as well: they are None afterwards."""
    net = given.fill(CountingNet(), keep=True)
    given.new_gradients(list(net.unused.parameters()))
    _, after = grad_before_after(net, lopsided, given.tensor("x", 1, 1, 4, 4), given.tensor("target", 1, 3))
    return {"after": after, "unused layer": grads(net.unused.parameters())}


@experiment(zh="恰好一次前向、一次反向；换成 float32 和交叉熵也一样。", rtol=1e-5, atol=1e-6)
def one_pass_each_way(grad_before_after, given: Given):
    """There is one forward pass and one backward pass; with cross-entropy in single precision as well."""
    net = given.fill(CountingNet()).float()
    x = given.tensor("x", 4, 1, 4, 4, dtype=torch.float32)
    before, after = grad_before_after(net, F.cross_entropy, x, given.integers("target", 0, 3, 4))
    return {"before": before, "after": after, "forward passes": net.forwards, "backward passes": net.backwards}


@experiment(zh="含有 nan 或 inf 的梯度也变成零（零乘以 nan 不是零）。")
def exploded_gradients(zero_gradients, given: Given):
    """A gradient that holds nan or inf becomes zero, too."""
    net, x = given.mlp(3, 2, keep=True), given.tensor("x", 4, 3)
    given.new_gradients(list(net.parameters()))
    net[0].weight.grad[1, 0], net[0].bias.grad[0] = torch.nan, -torch.inf
    zero_gradients(net.parameters(), set_to_none=False)
    cleared = grads(net.parameters())
    net(x).exp().sum().backward()
    return {"cleared": cleared, "next gradients": grads(net.parameters())}


@experiment(zh="用 create_graph=True 得到的梯度带有计算图；清零之后它是脱离计算图的普通张量，对象不变。")
def gradient_with_a_history(zero_gradients, given: Given):
    """A gradient made with create_graph=True is cut from its graph when it is zeroed, and stays the same object."""
    p, q = given.tensor("p", 3, requires_grad=True), given.tensor("q", 2, requires_grad=True)
    (p.pow(3).sum() * q.exp().sum()).backward(create_graph=True)
    held = [p.grad, q.grad]
    zero_gradients([p, q], False)
    flags = [given.flags(old) for old in held]
    cleared = [old.detach().clone() for old in held]
    same = [p.grad is held[0], q.grad is held[1]]
    (p.sin().sum() * q.sin().sum()).backward()
    observed = {"next gradients": grads([p, q]), "same objects": same, "they are": flags, "cleared": cleared}
    p.grad = q.grad = None  # the graph and the gradients refer to each other: free them
    return observed


@experiment(zh="每个参数都算：被冻结的、梯度内存不连续的、float32 的；两种清法都适用于生成器。")
def every_kind_of_parameter(zero_gradients, given: Given):
    """Frozen and float32 parameters and transposed gradients are cleared as well; both ways take a generator."""
    made = given.parameters((2, 3), (1,), (4,), (3,))
    made[0].grad = torch.from_numpy(given.rng.standard_normal((3, 2))).T.clone()
    made[2].requires_grad_(False)
    made[3].data, made[3].grad = made[3].data.float(), None
    made[3].grad = torch.ones(3)
    for name, p in zip(["matrix", "single entry", "frozen", "single precision"], made, strict=True):
        given.keep(name, p)
    zero_gradients((p for p in made), False)
    zeros = grads(made)
    (made[0].exp().sum() * made[1]).sum().backward()
    after = grads(made)
    zero_gradients((p for p in made), True)
    return {"zeros": zeros, "next gradients": after, "None": grads(made)}


@experiment(zh="再清一次什么也不变；None 之后再清零仍是 None。")
def clearing_twice(zero_gradients, given: Given):
    """A second call changes nothing: zeros stay zeros in the same object, and None stays None."""
    p, q = given.tensor("p", 3, requires_grad=True), given.tensor("q", 2, requires_grad=True)
    p.grad = given.tensor("gradient", 3, may_change=True)
    held = p.grad
    zero_gradients([p, q], set_to_none=False)
    zero_gradients([p, q], set_to_none=False)
    zeros, same = grads([p, q]), p.grad is held
    (p.pow(2).sum() * q.sum()).backward()
    following = grads([p, q])
    zero_gradients([p, q], set_to_none=True)
    zero_gradients([p, q], set_to_none=False)
    return {"zeros": zeros, "same object": same, "next gradients": following, "None in the end": grads([p, q])}


@experiment(zh="与片的大小无关：一次一行、正好整批、比整批还大，结果都相同；送入网络的行数从不超过规定。")
def any_slice_size(accumulate_gradients, given: Given):
    """The slice size does not change the result, be it 1, the whole batch or more; no slice is larger."""
    net = given.fill(Rows(3), keep=True)
    x, y = given.tensor("x", 5, 2, 2), given.tensor("y", 5, 3)
    observed = {}
    for size in (1, 4, 5, 8):
        net.largest = 0
        loss = accumulate_gradients(net, lopsided, x, y, size)
        observed |= {f"loss, {size}": loss, f"gradients, {size}": grads(net.parameters())}
        observed |= {f"at most {size} rows": 0 < net.largest <= size}
    return observed


@experiment(zh="只有最后那几行预测有误差时，梯度全部来自较短的最后一片。")
def only_the_last_rows_err(accumulate_gradients, given: Given):
    """If only the last rows are predicted wrongly, the whole gradient comes from the last, shorter slice."""
    net, x = given.mlp(3, 4, 2, keep=True), given.tensor("x", 8, 3)
    y = net(x).detach()
    y[6:] += given.tensor("errors", 2, 2, low=0.5, high=2.0)
    accumulate_gradients(net, nn.MSELoss(), x, given.keep("y", y), 3)
    return {"gradients": grads(net.parameters())}


@experiment(zh="只有最前面几行预测有误差时，第一片的梯度一直保留到最后。")
def only_the_first_rows_err(accumulate_gradients, given: Given):
    """If only the first rows are predicted wrongly, the gradient of the first slice is kept to the end."""
    net, x = given.mlp(3, 4, 2, keep=True), given.tensor("x", 8, 3)
    y = net(x).detach()
    y[:2] += given.tensor("errors", 2, 2, low=0.5, high=2.0)
    accumulate_gradients(net, nn.MSELoss(), x, given.keep("y", y), 3)
    return {"gradients": grads(net.parameters())}


@experiment(zh="micro_batch_size 小于 1 时抛出 ValueError；等于 1 时可以。")
def sizes_below_one(accumulate_gradients, given: Given):
    """A size below 1 raises ValueError; size 1 is accepted."""
    net = given.mlp(3, 2, keep=True)
    x, y = given.tensor("x", 3, 3), given.tensor("y", 3, 2)
    return {
        "0": given.error(lambda: accumulate_gradients(net, lopsided, x, y, 0)),
        "-1": given.error(lambda: accumulate_gradients(net, lopsided, x, y, -1)),
        "-3": given.error(lambda: accumulate_gradients(net, lopsided, x, y, -3)),
        "1": accumulate_gradients(net, lopsided, x, y, micro_batch_size=1),
        "gradients": grads(net.parameters()),
    }


@experiment(zh="对类别标签用交叉熵、用 float32 也成立。", rtol=1e-5, atol=1e-6)
def class_labels(accumulate_gradients, given: Given):
    """Class labels with cross-entropy work as well, in single precision."""
    net = given.fill(Rows(3)).float()
    x = given.tensor("x", 8, 2, 2, dtype=torch.float32)
    loss = accumulate_gradients(net, F.cross_entropy, x, given.integers("y", 0, 3, 8), 3)
    return {"loss": loss, "gradients": grads(net.parameters())}


@experiment(zh="再次调用时，结果只取决于新的一批；梯度是普通张量。")
def second_batch(accumulate_gradients, given: Given):
    """A second call depends on its own batch alone, and leaves plain gradients without a graph."""
    net = given.mlp(3, 2, keep=True)
    losses = [accumulate_gradients(net, lopsided, given.tensor("x", n, 3), given.tensor("y", n, 2), 2) for n in (3, 5)]
    return {
        "losses": losses,
        "gradients": grads(net.parameters()),
        "they are": [given.flags(p.grad) for p in net.parameters()],
    }


@experiment(zh="reference 保留自己的计算图：以后仍然可以从它反向传播。")
def reference_keeps_its_graph(one_sided_mse, given: Given):
    """The reference keeps its own graph: one can still backpropagate from it afterwards."""
    teacher, x = given.mlp(3, 4, 2), given.tensor("x", 5, 3)
    reference = given.keep("reference", teacher(x))
    output = given.tensor("output", 5, 2, requires_grad=True)
    return {
        "loss / of the halves": quotient(one_sided_mse(output, reference), one_sided_mse(output / 2, reference)),
        "reference is": given.flags(reference),
        **given.gradients(reference, teacher=teacher[0].weight),
    }


@experiment(zh="reference 由 output 算出时，梯度也只沿 output 这一边；与自己比较时梯度为零。")
def reference_made_from_output(one_sided_mse, given: Given):
    """If the reference was computed from output, only output gets a gradient, which is 0 if the two are the same."""
    h, same = given.tensor("h", 2, 3, requires_grad=True), given.tensor("same", 4, requires_grad=True)
    loss, nothing = one_sided_mse(h, 3 * h), one_sided_mse(same, same)
    (learned,) = given.gradients(loss, h=h).values()
    return {"h.grad divided by its norm": direction(learned), **given.gradients(nothing, same=same)}


@experiment(zh="两个网络互为参照：每个损失只训练自己的那一边。")
def each_the_others_reference(one_sided_mse, given: Given):
    """Two outputs can be each other's reference: each loss trains its own side, with its own weight."""
    a = given.tensor("a", 3, 1, 2, low=300.0, high=301.0, requires_grad=True)
    b = given.tensor("b", 3, 1, 2, low=300.0, high=301.0, requires_grad=True)
    loss = 3 * one_sided_mse(a, b) + 0.5 * one_sided_mse(b, a)
    learned = given.gradients(loss, a=a, b=b)
    if all(isinstance(gradient, Tensor) for gradient in learned.values()):
        return {"a.grad and b.grad divided by their norm": direction(torch.cat(list(learned.values())))}
    return learned


@experiment(
    zh="reference 是叶子时，它的 requires_grad 和原有的 .grad 保持不变；float32、零维也可以。", rtol=1e-5, atol=1e-6
)
def reference_is_a_leaf(one_sided_mse, given: Given):
    """A reference that is a leaf keeps its flag and its old gradient; zero-dim and single precision work as well."""
    output = given.tensor("output", dtype=torch.float32, requires_grad=True)
    reference = given.tensor("reference", dtype=torch.float32, requires_grad=True)
    reference.grad = given.tensor("reference.grad", dtype=torch.float32)
    loss = one_sided_mse(output, reference)
    return {"loss": loss, **given.gradients(loss, output=output), "reference.grad": reference.grad}


@experiment(zh="每一维都要相同：广播、转置、多一维都抛出 ValueError。")
def every_size_must_agree(one_sided_mse, given: Given):
    """Every size must agree: shapes that are broadcast, transposed or one dimension longer raise ValueError."""
    output = given.tensor("output", 2, 3, requires_grad=True)
    scalar, reference = given.tensor("scalar"), given.tensor("reference", 2, 3)
    of_halves = one_sided_mse(output / 2, reference)
    return {
        "(2, 3) with (3, 2)": given.error(lambda: one_sided_mse(output, reference.T)),
        "(2, 3) with (2, 1)": given.error(lambda: one_sided_mse(output, reference[:, :1])),
        "(2, 3) with (1, 3)": given.error(lambda: one_sided_mse(output, reference[:1])),
        "(2, 3) with (3,)": given.error(lambda: one_sided_mse(output, reference[0])),
        "(2, 3) with (1, 2, 3)": given.error(lambda: one_sided_mse(output, reference[None])),
        "(2, 3) with (6,)": given.error(lambda: one_sided_mse(output, reference.reshape(6))),
        "() with (1,)": given.error(lambda: one_sided_mse(scalar, scalar.reshape(1))),
        "(2, 3) with (2, 3), quotient": quotient(one_sided_mse(output, reference), of_halves),
        "() with (), quotient": quotient(one_sided_mse(scalar, reference[0, 0]), one_sided_mse(scalar, scalar / 2)),
    }


@experiment(zh="output 不需要梯度时，reference 也得不到梯度；调用之后仍会记录计算图。")
def output_without_gradient(one_sided_mse, given: Given):
    """If output needs no gradient, reference gets none either; and recording is still on afterwards."""
    output, reference = given.tensor("output", 3), given.tensor("reference", 3, requires_grad=True)
    loss = one_sided_mse(output, reference)
    recording = torch.is_grad_enabled()
    if isinstance(loss, Tensor) and loss.requires_grad:
        loss.sum().backward()
    share = quotient(loss, one_sided_mse(output / 2, reference))
    return {"loss / of the halves": share, "reference.grad": reference.grad, "recording": recording}


@experiment(zh="结果是普通张量：不需要梯度，没有计算图。")
def plain_tensors(separate_gradients, given: Given):
    """The gradients are plain tensors that neither require gradients nor have a graph, the zeros too."""
    p, q = given.tensor("p", 2, requires_grad=True), given.tensor("q", 3, requires_grad=True)
    rows = separate_gradients([p.exp().prod(), (p.sum() * q).sin().sum()], [p, q])
    return {"gradients": rows, "they are": [[given.flags(g) for g in row] for row in rows]}


@experiment(zh="一个损失由另一个算出、同一个损失出现两次：每一行仍是自己的梯度，行的顺序与 losses 相同。")
def losses_built_on_losses(separate_gradients, given: Given):
    """A loss may be built on another or occur twice: row i is the gradient of losses[i]."""
    p, q = given.tensor("p", 2, 3, requires_grad=True), given.tensor("q", 3, requires_grad=True)
    first = (p @ q).tanh().sum()
    second = first.exp() * q.sum()
    return {"gradients": separate_gradients([second, first, second * first, first], [q, p])}


@experiment(zh="零维参数、float32 参数、单个损失都可以；零的 dtype 也与参数相同。", rtol=1e-5, atol=1e-6)
def single_precision_and_zero_dim(separate_gradients, given: Given):
    """Zero-dim and single-precision parameters work as well, and zeros have the parameter's dtype."""
    scale = given.tensor("scale", dtype=torch.float32, requires_grad=True)
    p = given.tensor("p", 3, dtype=torch.float32, requires_grad=True)
    unused = given.tensor("unused", 1, 2, dtype=torch.float32, requires_grad=True)
    return {"gradients": separate_gradients([(scale * p).exp().sum()], [p, unused, scale])}


@experiment(zh="某个损失与这些参数全都无关时，它那一行全是零；别的行不受影响。")
def loss_of_something_else(separate_gradients, given: Given):
    """A loss that depends on none of the parameters has a row of zeros; the other rows are not affected."""
    p, q = given.tensor("p", 3, requires_grad=True), given.tensor("q", 2, requires_grad=True)
    other = given.tensor("other", 4, requires_grad=True)
    losses = [other.exp().sum(), (p.sum() * q).pow(3).sum(), other.sin().sum()]
    return {"gradients": separate_gradients(losses, [p, q])}


@experiment(zh="以后再做反向传播或清零，返回的各行也不会变。")
def rows_stay_as_they_are(separate_gradients, given: Given):
    """Later backward passes and clearing do not change the returned rows."""
    net, x = given.mlp(3, 2, keep=True), given.tensor("x", 4, 3)
    given.new_gradients(list(net.parameters()))
    rows = separate_gradients([net(x).exp().mean()], list(net.parameters()))
    net(x).sin().sum().backward()
    gradients = grads(net.parameters())
    net.zero_grad(set_to_none=False)
    return {"gradients": rows, "accumulated later": gradients}


@experiment(zh="任意形状：零维、空、三维、内存不连续；结果的形状与 x 相同。")
def any_shape(second_derivative, given: Given):
    """Any shape works, zero-dim, empty and in another memory layout too, and the answer has the shape of x."""
    transposed = given.keep("x", given.tensor("base", 2, 3).T)
    return {
        "(3, 2) transposed": second_derivative(lambda v: v.pow(4) + 1e5 * v, transposed),
        "()": second_derivative(torch.sin, given.tensor("zero-dim")),
        "(1, 2, 2)": second_derivative(torch.tanh, given.tensor("cube", 1, 2, 2)),
        "(0, 3)": second_derivative(torch.sin, given.tensor("empty", 0, 3)),
    }


@experiment(zh="常数和阶梯函数：二阶导为零，而不是报错。")
def constants_and_steps(second_derivative, given: Given):
    """Constants and steps have derivatives of zero, too: zeros, not an error."""
    x, level = given.tensor("x", 4), given.number(1.0, 3.0)
    return {
        "constant": second_derivative(lambda v: torch.full_like(v, level), x),
        "zero": second_derivative(torch.zeros_like, x),
        "steps": second_derivative(torch.sign, x),
        "parabola": second_derivative(lambda v: level * v**2 + level, x),
    }


@experiment(zh="float32 进，float32 出。", rtol=1e-5, atol=1e-5)
def single_precision_curve(second_derivative, given: Given):
    """A float32 x gives a float32 answer."""
    x = given.tensor("x", 2, 2, dtype=torch.float32, requires_grad=True)
    return {"fourth power": second_derivative(lambda v: v**4, x)}


@experiment(
    zh="直线的零也是普通张量，形状和 dtype 与 x 相同：x 需要梯度、为 float32 或为空时都一样。", rtol=1e-5, atol=1e-6
)
def zeros_of_lines(second_derivative, given: Given):
    """For a line f, the zeros are a plain tensor like x in shape and dtype, also if x needs gradients or is empty."""
    x, bend = given.tensor("x", 2, 2, dtype=torch.float32, requires_grad=True), given.number(1.0, 3.0)
    line, constant = second_derivative(lambda v: 1 - 2 * v, x), second_derivative(torch.ones_like, x)
    return {
        "line": line,
        "constant": constant,
        "they are": [given.flags(line), given.flags(constant)],
        "empty": second_derivative(lambda v: 2 * v, given.tensor("empty", 0)),
        "parabola": second_derivative(lambda v: bend * v * v, x),
    }


@experiment(zh="分段函数：弯曲的部分有二阶导，直的部分为零；f 也可以是 nn.Module。")
def bent_in_places(second_derivative, given: Given):
    """A function may be curved in some places only, and may be a module: each element gets its own f''."""
    x = given.tensor("x", 8)
    return {
        "relu cubed": second_derivative(lambda v: v.relu() ** 3, x),
        "relu": second_derivative(nn.ReLU(), x),
        "softplus": second_derivative(nn.Softplus(), x),
        "sine or line": second_derivative(lambda v: torch.where(v > 0, v.sin(), v) + 1e4 * v, x),
    }


@experiment(zh="x 由别的张量算出时，返回值是普通张量，x 保留自己的计算图。")
def x_with_a_history(second_derivative, given: Given):
    """If x is itself the result of a computation, the answer is a plain tensor, and x keeps its graph."""
    w = given.tensor("w", 3, requires_grad=True)
    x = given.keep("x", w.exp())
    answer = second_derivative(lambda v: v.log() + 1e5 * v, x)
    return {"answer": answer, "it is": given.flags(answer), **given.gradients(x, w=w)}


@experiment(zh="在曲线上加一条很陡的直线，不改变结果；x.grad 仍是 None。")
def steep_line_below(second_derivative, given: Given):
    """Adding a steep line to the curve does not change the result, and x.grad stays None."""
    x = given.tensor("x", 6)
    answer = second_derivative(lambda v: 1e6 * v + v.cos() * v.exp(), x)
    return {"answer": answer, "it is": given.flags(answer), "x.grad": x.grad}
