"""Exercise 5: backward().

loss.backward() walks the graph back from the loss and adds a gradient to
the .grad of every parameter it meets.

Your code is graded without access to files or to the network.

Background: the PyTorch tutorial "Neural Networks",
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html

中文 (zh)
---------
练习 5：反向传播。

loss.backward() 从损失出发沿计算图往回走，把梯度累加到沿途每个参数的 .grad 上。

评分时，你的代码不能访问文件和网络。

背景知识见 PyTorch 教程“Neural Networks”：
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


def grad_before_after(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, target: Tensor
) -> tuple[Tensor | None, Tensor]:
    """Return conv1.bias.grad before and after a backward pass.

    First clear all gradients of net. Then run one forward pass and one backward
    pass. Do not update any parameter.

    Args:
        net: a net with a layer conv1
        criterion: criterion(net(x), target) returns a scalar loss
        x: inputs of net
        target: targets for criterion

    Returns:
        A tuple (None, a detached copy of the new gradient); no later backward
        pass changes the copy.

    Example:
        >>> net = nn.Sequential()
        >>> net.conv1 = nn.Conv2d(1, 1, 1)
        >>> x = torch.zeros(1, 1, 2, 2)
        >>> grad_before_after(net, lambda y, target: (y - target).sum(), x, x)
        (None, tensor([4.]))

    中文 (zh)
    ---------
    返回 conv1.bias.grad 在反向传播之前与之后的样子。

    先清除 net 的全部梯度；然后一次前向、一次反向；不更新参数。

    参数：
        net：含有 conv1 层的网络
        criterion：以 criterion(net(x), target) 调用，给出标量损失
        x：net 的输入
        target：交给 criterion 的目标

    返回：
        元组 (None, 新梯度的分离副本)；以后的反向传播不会改变这个副本。

    示例：
        >>> net = nn.Sequential()
        >>> net.conv1 = nn.Conv2d(1, 1, 1)
        >>> x = torch.zeros(1, 1, 2, 2)
        >>> grad_before_after(net, lambda y, target: (y - target).sum(), x, x)
        (None, tensor([4.]))
    """
    ### BEGIN SOLUTION
    net.zero_grad()
    before = net.conv1.bias.grad
    criterion(net(x), target).backward()
    return before, net.conv1.bias.grad.detach().clone()
    ### END SOLUTION


def zero_gradients(params: Iterable[Tensor], set_to_none: bool = True) -> None:
    """Clear the gradient of every parameter: to None, or to zeros in place.

    The values of the parameters never change.

    Args:
        params: parameters, possibly a generator
        set_to_none: True sets every .grad to None. False fills every existing
            .grad with zeros, even if it holds nan or inf: it stays the same
            tensor object, and is detached from any graph. A .grad that is None
            stays None.

    Returns:
        None

    Example:
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> zero_gradients([w], set_to_none=False)
        >>> w.grad
        tensor([0., 0.])

    中文 (zh)
    ---------
    清除每个参数的梯度：设为 None，或者原地清零。

    不改动参数的值。

    参数：
        params：参数，可能是生成器
        set_to_none：True 令每个 .grad 为 None；False 把已有的 .grad 原地清零
            （同一个张量对象、脱离计算图，含 nan 或 inf 时也要变成 0），没有
            .grad 的保持 None

    返回：
        None

    示例：
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> zero_gradients([w], set_to_none=False)
        >>> w.grad
        tensor([0., 0.])
    """
    ### BEGIN SOLUTION
    for p in params:
        if set_to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad.detach_()  # backward(create_graph=True) gave it a graph
            p.grad.zero_()
    ### END SOLUTION


def accumulate_gradients(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor, micro_batch_size: int
) -> float:
    """Backpropagate a batch slice by slice.

    The gradients add up to the gradients of the whole batch, even if the last
    slice is shorter. Clear old gradients once, at the start. Do not update any
    parameter.

    Args:
        net: the net to backpropagate through
        criterion: averages over the rows it is given
        x: inputs of the batch, one sample per row
        y: targets of the batch, one sample per row
        micro_batch_size: the maximum number of rows that enter net at a time;
            the last slice may be shorter

    Returns:
        The loss of the whole batch as a float.

    Raises:
        ValueError: if micro_batch_size < 1

    Example:
        >>> net = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.ones_(net.weight)
        >>> x, y = torch.tensor([[1.0], [1.0], [1.0], [3.0]]), torch.zeros(4, 1)
        >>> accumulate_gradients(net, nn.MSELoss(), x, y, micro_batch_size=3)
        3.0
        >>> net.weight.grad
        tensor([[6.]])

    中文 (zh)
    ---------
    把一批数据切片后逐片反向传播。

    累积的梯度等于整批的梯度，最后一片较短时也一样。开始时清除一次旧梯度；
    不更新参数。

    参数：
        net：要反向传播的网络
        criterion：对所给的行取平均
        x：整批的输入，每行一个样本
        y：整批的目标，每行一个样本
        micro_batch_size：每次送入网络的最多行数；最后一片可以较短

    返回：
        整批的损失，float。

    抛出：
        ValueError：micro_batch_size < 1

    示例：
        >>> net = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.ones_(net.weight)
        >>> x, y = torch.tensor([[1.0], [1.0], [1.0], [3.0]]), torch.zeros(4, 1)
        >>> accumulate_gradients(net, nn.MSELoss(), x, y, micro_batch_size=3)
        3.0
        >>> net.weight.grad
        tensor([[6.]])
    """
    ### BEGIN SOLUTION
    if micro_batch_size < 1:
        raise ValueError(f"micro_batch_size must be at least 1, got {micro_batch_size}")
    net.zero_grad()
    total = 0.0
    for rows, targets in zip(x.split(micro_batch_size), y.split(micro_batch_size), strict=True):
        loss = criterion(net(rows), targets) * (len(rows) / len(x))
        loss.backward()
        total += loss.item()
    return total
    ### END SOLUTION


def one_sided_mse(output: Tensor, reference: Tensor) -> Tensor:
    """Return the mean squared error to a reference that gets no gradient.

    The gradient flows into output only, even if reference requires gradients or
    was computed from output. reference keeps its own graph and requires_grad.

    Args:
        output: predictions, any shape
        reference: same shape as output

    Returns:
        A zero-dim tensor.

    Raises:
        ValueError: if the shapes differ, even if they could be broadcast

    Example:
        >>> output = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> loss = one_sided_mse(output, 3 * output)
        >>> loss.backward()
        >>> loss.item(), output.grad
        (10.0, tensor([-2., -4.]))

    中文 (zh)
    ---------
    返回 output 与 reference 的均方误差，其中 reference 不参与训练。

    梯度只流入 output，即使 reference 需要梯度，或者由 output 算出。reference
    自己的计算图和标志保持不变。

    参数：
        output：预测值，形状任意
        reference：参考值，形状与 output 相同

    返回：
        零维张量。

    抛出：
        ValueError：形状不同（即使能广播）

    示例：
        >>> output = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> loss = one_sided_mse(output, 3 * output)
        >>> loss.backward()
        >>> loss.item(), output.grad
        (10.0, tensor([-2., -4.]))
    """
    ### BEGIN SOLUTION
    if output.shape != reference.shape:
        raise ValueError(f"shapes differ: {tuple(output.shape)} and {tuple(reference.shape)}")
    return ((output - reference.detach()) ** 2).mean()
    ### END SOLUTION


def separate_gradients(losses: list[Tensor], params: list[Tensor]) -> list[list[Tensor]]:
    """Return the gradient of every loss with respect to every parameter.

    The gradients are returned separately, not added up. No .grad changes.

    Args:
        losses: scalars, which may share one graph
        params: the parameters to differentiate with respect to

    Returns:
        A list of lists with result[i][j] = d losses[i] / d params[j]: a plain
        tensor with the shape of params[j]. It is zero if losses[i] does not
        depend on params[j].

    Example:
        >>> a = torch.tensor(2.0, requires_grad=True)
        >>> b = torch.tensor(3.0, requires_grad=True)
        >>> separate_gradients([a * b, a * a], [a, b])
        [[tensor(3.), tensor(2.)], [tensor(4.), tensor(0.)]]

    中文 (zh)
    ---------
    分别返回每个损失对每个参数的梯度，互不相加。

    不写入任何 .grad。

    参数：
        losses：若干标量，可能共享同一张计算图
        params：对它们求导的参数

    返回：
        列表的列表，result[i][j] = ∂losses[i]/∂params[j]：形状同 params[j] 的
        普通张量，不依赖时为零。

    示例：
        >>> a = torch.tensor(2.0, requires_grad=True)
        >>> b = torch.tensor(3.0, requires_grad=True)
        >>> separate_gradients([a * b, a * a], [a, b])
        [[tensor(3.), tensor(2.)], [tensor(4.), tensor(0.)]]
    """
    ### BEGIN SOLUTION
    result = []
    for loss in losses:
        gradients = torch.autograd.grad(loss, params, retain_graph=True, allow_unused=True, materialize_grads=True)
        result.append(list(gradients))
    return result
    ### END SOLUTION


def second_derivative(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Differentiate an elementwise function twice.

    x.requires_grad and x.grad stay as they were.

    Args:
        f: maps tensors elementwise, such as torch.sin
        x: any shape, even empty; it may require gradients or not

    Returns:
        f''(x): a plain tensor of the shape and dtype of x, zeros where f is
        linear or constant.

    Example:
        >>> second_derivative(lambda x: x**3, torch.tensor([1.0, 2.0]))  # 6 * x
        tensor([ 6., 12.])

    中文 (zh)
    ---------
    对逐元素函数求二阶导数。

    不改动 x 的标志和 x.grad。

    参数：
        f：逐元素作用于张量，例如 torch.sin
        x：形状任意，也可以为空；是否需要梯度都可以

    返回：
        f''(x)：形状与 dtype 同 x 的普通张量；f 为线性或常数时为零。

    示例：
        >>> second_derivative(lambda x: x**3, torch.tensor([1.0, 2.0]))  # 6 * x
        tensor([ 6., 12.])
    """
    ### BEGIN SOLUTION

    def derivative(y: Tensor) -> Tensor:
        if not y.requires_grad:  # y is constant: no graph leads back to v
            return torch.zeros_like(v)
        return torch.autograd.grad(y.sum(), v, create_graph=True, materialize_grads=True)[0]

    v = x.detach().requires_grad_()
    return derivative(derivative(f(v))).detach()
    ### END SOLUTION
