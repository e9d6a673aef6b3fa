"""Exercise 5: backward() (反向传播).

loss.backward() walks the graph back from the loss and adds a gradient to the .grad of every parameter it meets.
loss.backward() 从损失出发沿计算图往回走，把梯度累加到沿途每个参数的 .grad 上。
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


def grad_before_after(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, target: Tensor
) -> tuple[Tensor | None, Tensor]:
    """Clear all gradients of net, backpropagate once, and return conv1.bias.grad before and after.

    清除 net 的全部梯度，反向传播一次，返回 conv1.bias.grad 在反向之前与之后的样子。

    net: a net with a layer conv1                                        (含有 conv1 层的网络)
    criterion: called as criterion(net(x), target), gives a scalar loss  (以 (net(x), target) 调用，给出标量损失)
    One forward pass, one backward pass; no parameter is updated.        (一次前向、一次反向；不更新参数)
    Returns (None, a detached copy of the new gradient): no later backward pass changes the copy.
                                           (返回 (None, 新梯度的分离副本)：以后的反向传播不会改变这个副本)
    """
    ### BEGIN SOLUTION
    net.zero_grad()
    before = net.conv1.bias.grad
    criterion(net(x), target).backward()
    return before, net.conv1.bias.grad.detach().clone()
    ### END SOLUTION


def zero_gradients(params: Iterable[Tensor], set_to_none: bool = True) -> None:
    """Clear the gradient of every parameter: to None, or to zeros in place.

    清除每个参数的梯度：设为 None，或者原地清零。

    params: parameters, possibly a generator                             (参数，可能是生成器)
    set_to_none: True makes every .grad None; False fills an existing .grad with zeros, in the same tensor object, cut
        from any graph, even if it held nan or inf, and leaves a missing one None.
                                (True：令 .grad 为 None；False：把已有的 .grad 原地清零（同一个张量对象、脱离计算图，
                                 含 nan 或 inf 时也要变成 0），没有 .grad 的保持 None)
    Never touches the values of the parameters.                          (不改动参数的值)
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
    """Backpropagate a batch slice by slice, so that the gradients add up to those of the whole batch.

    把一批数据切片后逐片反向传播，使累积的梯度等于整批的梯度。

    criterion: averages over the rows it is given                        (对所给的行取平均)
    x, y: the batch, one sample per row                                  (整批数据，每行一个样本)
    micro_batch_size: no more rows than this enter net at a time; the last slice may be shorter
                                                                         (每次送入网络的最多行数；最后一片可以较短)
    Clears old gradients once; updates no parameter.                     (开始时清除一次旧梯度；不更新参数)
    Returns the loss of the whole batch as a float.                      (返回整批的损失，float)
    Raises ValueError when micro_batch_size < 1.                         (micro_batch_size < 1 时抛出 ValueError)
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
    """Return the mean squared error of output and a reference that must not learn from it.

    返回 output 与 reference 的均方误差，其中 reference 不参与训练。

    output, reference: same shape, any rank                              (形状相同，任意维数)
    The gradient flows into output only, even if reference requires gradients or was computed from output.
                                           (梯度只流入 output，即使 reference 需要梯度，或者由 output 算出)
    Leaves reference with its own graph and flags.                       (reference 自己的计算图和标志保持不变)
    Raises ValueError when the shapes differ, broadcastable or not.      (形状不同（即使能广播）时抛出 ValueError)
    """
    ### BEGIN SOLUTION
    if output.shape != reference.shape:
        raise ValueError(f"shapes differ: {tuple(output.shape)} and {tuple(reference.shape)}")
    return ((output - reference.detach()) ** 2).mean()
    ### END SOLUTION


def separate_gradients(losses: list[Tensor], params: list[Tensor]) -> list[list[Tensor]]:
    """Return the gradient of every loss with respect to every parameter, kept apart.

    分别返回每个损失对每个参数的梯度，互不相加。

    losses: scalars, which may share one graph                           (若干标量，可能共享同一张计算图)
    params: the parameters to differentiate with respect to              (对它们求导的参数)
    Returns result[i][j] = d losses[i] / d params[j]: plain tensors in the shape of params[j], zeros where the loss does
    not depend on it.    (返回 result[i][j] = ∂losses[i]/∂params[j]：形状同 params[j] 的普通张量，不依赖时为零)
    Writes to no .grad.                                                  (不写入任何 .grad)
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

    对逐元素函数求二阶导数。

    f: maps tensors elementwise, such as torch.sin                       (逐元素作用于张量，例如 torch.sin)
    x: any shape, empty too, whether or not it requires gradients        (任意形状，也可以为空；是否需要梯度都可以)
    Returns f''(x): a plain tensor of x's shape and dtype, zeros where f is linear or constant.
                                          (返回 f''(x)：形状与 dtype 同 x 的普通张量；f 为线性或常数时为零)
    Leaves x with its flags and its .grad.                               (不改动 x 的标志和 x.grad)
    """
    ### BEGIN SOLUTION

    def derivative(y: Tensor) -> Tensor:
        if not y.requires_grad:  # y is constant: no graph leads back to v
            return torch.zeros_like(v)
        return torch.autograd.grad(y.sum(), v, create_graph=True, materialize_grads=True)[0]

    v = x.detach().requires_grad_()
    return derivative(derivative(f(v))).detach()
    ### END SOLUTION
