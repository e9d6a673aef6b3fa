"""Public experiments of exercise 5: backward()."""

import torch
from torch import Tensor, nn

from grader import Given, conv, exercise, experiment, linear

exercise(
    en="backward()",
    zh="反向传播",
    points={
        "grad_before_after": 2,
        "zero_gradients": 3,
        "accumulate_gradients": 4,
        "one_sided_mse": 2,
        "separate_gradients": 3,
        "second_derivative": 3,
    },
)


class ConvNet(nn.Module):
    """A net for images (N, 1, 4, 4) with a convolution (conv1), a linear layer, and a layer that it does not use."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = linear(2, 5)
        self.conv1 = conv(1, 2, 3)
        self.fc = linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs (N, 3) for images (N, 1, 4, 4)."""
        return self.fc(torch.tanh(self.conv1(x)).flatten(1))


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


def way_back(loss: Tensor, reference: Tensor) -> str:
    """Say how the graph of the loss reaches the graph of the reference: "none", "straight" or "through a clone"."""
    goal, seen, ahead = reference.grad_fn, set(), [getattr(loss, "grad_fn", None)]
    while ahead:
        node = ahead.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        following = [function for function, _ in node.next_functions]
        if goal in following:
            return "through a clone" if node.name().startswith("Clone") else "straight"
        ahead += following
    return "none"


@experiment(zh="反向之前，从未求过导的梯度是 None；一次前向和一次反向之后，它是 criterion(net(x), target) 的梯度。")
def none_then_gradient(grad_before_after, given: Given):
    """The gradient is None before, and afterwards that of criterion(net(x), target), after one forward pass."""
    net, passes = given.fill(ConvNet(), keep=True), []
    net.register_forward_pre_hook(lambda *_: passes.append(1))
    before, after = grad_before_after(net, lopsided, given.tensor("x", 2, 1, 4, 4), given.tensor("target", 2, 3))
    return {
        "before": before,
        "after": after,
        "all gradients": grads(net.parameters()),
        "forward passes": len(passes),
    }


@experiment(zh="以前残留的梯度先清成 None，新的梯度不会加在上面。")
def old_gradients_are_cleared(grad_before_after, given: Given):
    """Gradients left over from before are set to None first, so that nothing is added to them."""
    net = given.fill(ConvNet(), keep=True)
    given.new_gradients(list(net.parameters()))
    before, after = grad_before_after(net, nn.MSELoss(), given.tensor("x", 2, 1, 4, 4), given.tensor("target", 2, 3))
    return {"before": before, "after": after, "all gradients": grads(net.parameters())}


@experiment(zh="返回的是副本：以后再做反向传播，它也不会变。")
def copy_survives(grad_before_after, given: Given):
    """The returned gradient is a detached copy: a later backward pass does not change it."""
    net = given.fill(ConvNet(), keep=True)
    x, target = given.tensor("x", 2, 1, 4, 4), given.tensor("target", 2, 3)
    _, after = grad_before_after(net, nn.MSELoss(), x, target)
    net(x).sum().backward()
    return {"after": after, "it is": given.flags(after), "conv1.bias.grad in the end": net.conv1.bias.grad}


@experiment(zh="默认情况下每个 .grad 都变成 None，params 是生成器时也一样；下一次反向从头开始。")
def cleared_to_none(zero_gradients, given: Given):
    """By default every .grad becomes None, also if params is a generator; the next backward pass starts afresh."""
    net, x = given.mlp(3, 4, 2, keep=True), given.tensor("x", 5, 3)
    given.new_gradients(list(net.parameters()))
    zero_gradients(net.parameters())
    cleared = grads(net.parameters())
    net(x).sum().backward()
    return {"cleared": cleared, "next gradients": grads(net.parameters())}


@experiment(zh="set_to_none=False 时原地清零：张量对象不变，内容变成零。")
def zeros_in_place(zero_gradients, given: Given):
    """With set_to_none=False every gradient is filled with zeros in place: the tensor object stays the same."""
    net, x = given.mlp(3, 4, 2, keep=True), given.tensor("x", 5, 3)
    given.new_gradients(list(net.parameters()))
    held = [p.grad for p in net.parameters()]
    zero_gradients(net.parameters(), set_to_none=False)
    same = [p.grad is old for p, old in zip(net.parameters(), held, strict=True)]
    zeros = [old.detach().clone() for old in held]
    net(x).sum().backward()
    return {"same objects": same, "old objects": zeros, "next gradients": grads(net.parameters())}


@experiment(zh="含有 nan 或 inf 的、带计算图的、被冻结的参数的梯度，都变成普通的零。")
def any_gradient_becomes_zero(zero_gradients, given: Given):
    """A gradient with nan, inf or a graph becomes plain zeros, also that of a frozen parameter."""
    p, q, frozen = given.parameters((3,), (5,), (4,), grads=False)
    (p.pow(3).sum() * q.exp().sum()).backward(create_graph=True)
    frozen.grad = given.tensor("gradient", 4, may_change=True)
    frozen.grad[1], frozen.grad[3] = torch.nan, -torch.inf
    frozen.requires_grad_(False)
    held = [p.grad, q.grad, frozen.grad]
    zero_gradients((each for each in (p, q, frozen)), set_to_none=False)
    observed = {"they are": [given.flags(old) for old in held], "cleared": [old.detach().clone() for old in held]}
    (p.sin().sum() * q.sin().sum()).backward()
    observed["next gradients"] = grads([p, q])
    p.grad = q.grad = None  # the graph and the gradients refer to each other: free them
    return observed


@experiment(zh="没有梯度的参数仍然没有梯度，排在它后面的参数照样清零。")
def missing_stays_missing(zero_gradients, given: Given):
    """A parameter without a gradient has none afterwards either, and the parameters after it are cleared."""
    net, x = given.mlp(3, 4, 2, keep=True), given.tensor("x", 5, 3)
    given.new_gradients([net[0].weight, net[2].bias])
    zero_gradients(net.parameters(), set_to_none=False)
    cleared = grads(net.parameters())
    net(x).sum().backward()
    return {"cleared": cleared, "next gradients": grads(net.parameters())}


@experiment(zh="各片一样长时，累积的梯度等于整批的梯度；返回值是整批的损失（float）。")
def equal_slices(accumulate_gradients, given: Given):
    """Slices of equal length add up to the gradient of the whole batch; its loss is returned as a float."""
    net = given.mlp(3, 4, 2, keep=True)
    loss = accumulate_gradients(net, nn.MSELoss(), given.tensor("x", 6, 3), given.tensor("y", 6, 2), 2)
    return {"loss": loss, "gradients": grads(net.parameters())}


@experiment(zh="最后一片较短时，它的每一行与其他行同样重要。")
def shorter_last_slice(accumulate_gradients, given: Given):
    """If the last slice is shorter, each of its rows counts as much as any other row."""
    net = given.mlp(3, 4, 3, keep=True)
    loss = accumulate_gradients(net, nn.MSELoss(), given.tensor("x", 7, 3), given.tensor("y", 7, 3), 2)
    return {"loss": loss, "gradients": grads(net.parameters())}


@experiment(zh="每次送入网络的行数不超过 micro_batch_size。")
def few_rows_at_a_time(accumulate_gradients, given: Given):
    """Never more than micro_batch_size rows enter the net at a time."""
    net, rows = given.mlp(3, 3, keep=True), [0]
    net[0].register_forward_pre_hook(lambda _, inputs: rows.append(len(inputs[0])))
    x, y = given.tensor("x", 8, 3), given.tensor("y", 8, 3)
    loss = accumulate_gradients(net, nn.MSELoss(), x, y, micro_batch_size=2)
    few = "at most 2 at a time" if max(rows) <= 2 else f"{max(rows)} at a time"
    return {"loss": loss, "gradients": grads(net.parameters()), "rows": few}


@experiment(zh="以前残留的梯度先被清除，不影响结果。")
def old_gradients_do_not_count(accumulate_gradients, given: Given):
    """Gradients left over from before are cleared and do not change the result."""
    net = given.mlp(3, 4, 2, keep=True)
    given.new_gradients(list(net.parameters()))
    loss = accumulate_gradients(net, nn.MSELoss(), given.tensor("x", 8, 3), given.tensor("y", 8, 2), 8)
    return {"loss": loss, "gradients": grads(net.parameters())}


@experiment(zh="micro_batch_size 小于 1 时抛出 ValueError；1 或者比整批还大都可以；梯度是普通张量。")
def sizes_from_one_up(accumulate_gradients, given: Given):
    """A size below 1 raises ValueError; 1 and more than the batch are fine; the gradients are plain tensors."""
    net, x, y = given.mlp(3, 2, keep=True), given.tensor("x", 5, 3), given.tensor("y", 5, 2)
    observed = {str(size): given.error(lambda n=size: accumulate_gradients(net, lopsided, x, y, n)) for size in (0, -2)}
    for size in (1, 7):
        observed |= {str(size): accumulate_gradients(net, lopsided, x, y, size)}
        observed |= {f"gradients, {size}": grads(net.parameters())}
    return {**observed, "they are": [given.flags(p.grad) for p in net.parameters()]}


@experiment(zh="产生 output 的网络得到梯度，产生 reference 的网络一个梯度也没有。")
def only_output_learns(one_sided_mse, given: Given):
    """The net that computed output gets gradients; the net that computed reference gets none."""
    student, teacher, x = given.mlp(3, 4, 2), given.mlp(3, 2), given.tensor("x", 5, 3)
    reference = teacher(x)
    loss = one_sided_mse(student(x), reference)
    way, kind = way_back(loss, reference), given.flags(reference)
    (learned,) = given.gradients(loss, student=student[0].weight).values()
    observed = {"student.grad divided by its norm": direction(learned)}
    received = grads(teacher.parameters())
    # A path without a gradient counts as "none": an autograd Function may return None for the reference.
    observed["way back to the reference"] = "none" if received == [None, None] else way
    return {**observed, "teacher's gradients": received, "the reference is": kind}


@experiment(zh="损失是全部元素平方误差的平均，output.grad 是它的梯度；reference.grad 保持原样。", weight=3)
def mean_of_squares(one_sided_mse, given: Given):
    """The loss is the mean squared error, and output.grad is its gradient; reference.grad does not change."""
    output = given.tensor("output", 4, 3, requires_grad=True)
    reference = given.tensor("reference", 4, 3)
    reference.grad = given.tensor("old gradient", 4, 3)
    loss = one_sided_mse(output, reference)
    return {"loss": loss, **given.gradients(loss, output=output), "reference.grad": reference.grad}


@experiment(zh="形状不同（即使能广播）时抛出 ValueError。")
def same_shape_only(one_sided_mse, given: Given):
    """Different shapes raise ValueError, even if they could be broadcast."""
    flat, column, wide = given.tensor("flat", 4), given.tensor("column", 4, 1), given.tensor("wide", 3, 4)
    reference = given.tensor("reference", 4, 1)
    of_halves = one_sided_mse(column / 2, reference)
    return {
        "(4,) with (4, 1)": given.error(lambda: one_sided_mse(flat, column)),
        "(4, 1) with (4,)": given.error(lambda: one_sided_mse(column, flat)),
        "(4,) with (1,)": given.error(lambda: one_sided_mse(flat, flat[:1])),
        "(3, 4) with (1, 4)": given.error(lambda: one_sided_mse(wide, wide[:1])),
        "with itself, quotient": quotient(one_sided_mse(wide, wide), of_halves),
        "equal shapes, quotient": quotient(one_sided_mse(column, reference), of_halves),
    }


@experiment(zh="两个损失共享一张图时，每一行只有自己那个损失的梯度。")
def two_losses_one_graph(separate_gradients, given: Given):
    """For two losses with one graph, each row holds the gradients of its own loss."""
    net = given.mlp(3, 4, 2, keep=True)
    h = torch.tanh(net(given.tensor("x", 5, 3)))
    rows = separate_gradients([h.pow(2).mean(), h.exp().sum()], list(net.parameters()))
    return {"first loss": rows[0], "second loss": rows[1], "rows": len(rows)}


@experiment(zh="损失不依赖某个参数时，对它的梯度是与它同形状的零张量；所有结果都是没有计算图的普通张量。")
def zeros_where_unused(separate_gradients, given: Given):
    """Where a loss does not depend on a parameter, its gradient is zeros of the same shape; all results are plain."""
    p, q = given.tensor("p", 3, requires_grad=True), given.tensor("q", 2, 2, requires_grad=True)
    both = p.sin().sum() * q.cos().sum()
    rows = separate_gradients([p.pow(3).sum(), q.exp().sum(), both, both.exp()], [p, q])
    kinds = [[given.flags(gradient) for gradient in row] for row in rows]
    return {"of p only": rows[0], "of q only": rows[1], "of both": rows[2], "built on it": rows[3], "they are": kinds}


@experiment(zh="参数原有的 .grad 保持原样，没有的仍然没有。")
def grad_is_not_written(separate_gradients, given: Given):
    """The .grad of the parameters does not change: an old gradient keeps its numbers, a missing one stays None."""
    p, q = given.tensor("p", 3, requires_grad=True), given.tensor("q", 3, requires_grad=True)
    p.grad = given.tensor("p.grad", 3, may_change=True)
    rows = separate_gradients([(p * q).sum().exp(), (p * q.pow(2)).sum()], [p, q])
    return {"gradients": rows, "p.grad": p.grad, "q.grad": q.grad}


@experiment(zh="params 之外的叶子，例如输入和其他层的参数，.grad 也保持原样。")
def other_leaves_keep_their_grad(separate_gradients, given: Given):
    """Leaves outside params, such as inputs and other weights, keep their .grad as well."""
    p, q = given.tensor("p", 3, requires_grad=True), given.tensor("q", 2, requires_grad=True)
    other, old = given.tensor("other", 3, requires_grad=True), given.tensor("with an old gradient", requires_grad=True)
    old.grad = given.tensor("old gradient", may_change=True)
    losses = [(p * other).sum().exp() * q.sum(), (old * q).sin().sum() * p.sum()]
    rows = separate_gradients(losses, [p, q])
    return {"gradients": rows, "other.grad": other.grad, "old gradient": old.grad}


@experiment(zh="弯曲的函数：返回逐元素的二阶导 f''(x)。")
def curved_functions(second_derivative, given: Given):
    """For a curved function, the result is f''(x), element by element."""
    x = given.tensor("x", 5)
    return {"x cubed": second_derivative(lambda v: v**3, x), "x sin x": second_derivative(lambda v: v * v.sin(), x)}


@experiment(zh="对直线，结果是零，而不是报错。")
def straight_lines(second_derivative, given: Given):
    """For a straight line, the result is zeros, not an error."""
    x, slope = given.tensor("x", 4, requires_grad=True), given.number(1.0, 3.0)
    return {
        "line": second_derivative(lambda v: slope * v + 1.0, x),
        "x itself": second_derivative(lambda v: v, x),
        "parabola": second_derivative(lambda v: slope * v * v, x),
        "cubic": second_derivative(lambda v: slope * v**3, x),
    }


@experiment(zh="x 自己需要梯度、已有梯度时：结果是普通张量，x.grad 保持原样。")
def x_keeps_its_gradient(second_derivative, given: Given):
    """If x requires gradients and has one, the result is a plain tensor, and x.grad does not change."""
    x = given.tensor("x", 4, requires_grad=True)
    x.grad = given.tensor("x.grad", 4, may_change=True)
    answer = second_derivative(torch.cos, x)
    return {"answer": answer, "it is": given.flags(answer), "x.grad": x.grad}


@experiment(zh="结果的形状和 dtype 与 x 相同，零维和空的也可以；常数的二阶导是零，也是普通张量。")
def like_x(second_derivative, given: Given):
    """The result has the shape and dtype of x, also zero-dim and empty; for a constant function it is plain zeros."""
    x, level = given.tensor("x", 3, 4, requires_grad=True), given.number(1.0, 3.0)
    single = given.tensor("zero-dim", requires_grad=True)
    line = second_derivative(lambda v: 1 - 3 * v, x.detach().float().requires_grad_())
    return {
        "(3, 4)": second_derivative(lambda v: v.pow(4), x),
        "()": second_derivative(torch.sin, single),
        "(0, 3)": second_derivative(lambda v: 3 * v, given.tensor("empty", 0, 3, requires_grad=True)),
        "constant": second_derivative(lambda v: torch.full_like(v, level), x),
        "line in float32": line,
        "it is": given.flags(line),
    }
