"""Placeholder of torch's compiler: eager code works without the compiler, code that compiles gets the real one."""

import json
import subprocess
import sys

import pytest

START = """
import sys, torch
from grader.execution.guest.compiler_placeholder import compiler_is_imported, install_placeholders
install_placeholders()
assert not compiler_is_imported()
w = torch.nn.Parameter(torch.ones(2))
def step(optimizer):
    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss
    return optimizer.step(closure)
"""
EVERY_OPTIMIZER = """
for name, kind in sorted(vars(torch.optim).items()):
    if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer):
        if name not in ("Optimizer", "SparseAdam", "Muon"):  # the base; for sparse gradients; for matrices
            step(kind([w], lr=0.01))
assert not compiler_is_imported()
"""
PASSERS_BY = """
import inspect, warnings
for name, module in list(sys.modules.items()):
    for about in ("__file__", "__spec__", "__loader__", "__warningregistry__", "__wrapped__"):
        getattr(module, about, None)
inspect.stack()
inspect.getmodule(step)
assert not compiler_is_imported()
"""
TRANSFORMS = """
f = lambda v: (v**2).sum()
x = torch.arange(3.0)
assert torch.equal(torch.func.grad(f)(x), 2 * x)
assert torch.equal(torch.autograd.functional.hessian(f, x), 2 * torch.eye(3))
assert torch.equal(torch.func.jacrev(lambda v: v**2)(x), torch.diag(2 * x))
assert not compiler_is_imported()
"""
CHECKPOINT = """
from torch.utils.checkpoint import checkpoint
checkpoint(torch.sin, w, use_reentrant=False).sum().backward()
assert torch.allclose(w.grad, torch.cos(w))
assert not compiler_is_imported()
"""
COMPILE = """
step(torch.optim.SGD([w], lr=0.1))
assert torch.equal(torch.compile(lambda x: x + 1, backend="eager")(torch.zeros(2)), torch.ones(2))
assert compiler_is_imported()
step(torch.optim.SGD([w], lr=0.1))
"""
DISABLED_AGAIN = """
step(torch.optim.SGD([w], lr=0.1))
import torch._dynamo.testing
counter = torch._dynamo.testing.CompileCounter()
optimizer = torch.optim.SGD([w], lr=0.1)
torch.compile(lambda: optimizer.zero_grad(), backend=counter)()
assert hasattr(torch.optim.Optimizer.zero_grad.__wrapped__, "__dynamo_disable")
assert torch.optim.Optimizer.zero_grad.__wrapped__.__dynamo_disable is not torch.optim.Optimizer.zero_grad.__wrapped__
"""
GRADIENTS = """
w.backward(torch.ones(2))
assert torch.equal(w.grad, torch.ones(2))
try:
    w.backward(torch.ones(3))
except RuntimeError as error:
    assert "shape" in str(error)
else:
    raise AssertionError("a gradient of another shape was taken")
assert "sympy" not in sys.modules
from torch.fx.experimental.symbolic_shapes import ShapeEnv
assert ShapeEnv and "sympy" in sys.modules
w.backward(torch.ones(2))
"""
FROM_BELOW = """
from torch._dynamo.testing import CompileCounter
import torch._dynamo.config as config
assert compiler_is_imported()
assert config is torch._dynamo.config and config is sys.modules["torch._dynamo.config"]
assert CompileCounter is sys.modules["torch._dynamo.testing"].CompileCounter
"""


PROGRAMS = {
    "every optimizer": EVERY_OPTIMIZER,
    "passers-by": PASSERS_BY,
    "transforms": TRANSFORMS,
    "checkpoint": CHECKPOINT,
    "compile": COMPILE,
    "disabled again": DISABLED_AGAIN,
    "gradients": GRADIENTS,
    "from below": FROM_BELOW,
}
FORK_EACH = """
import json, os, sys, torch, traceback

def run(name, program):
    error = ""
    try:
        exec(program, vars(sys.modules["__main__"]))
    except BaseException:
        error = traceback.format_exc()
    print(json.dumps([name, error]), flush=True)

def main():
    for name, program in json.load(sys.stdin).items():
        child = os.fork()
        if child == 0:
            run(name, program)
            os._exit(0)
        os.waitpid(child, 0)

main()
"""
"""Source that imports torch once and runs each program in a fork, as the zygote does.

So no program finds modules that another program imported.
"""


@pytest.fixture(scope="module")
def errors():
    """The traceback of each program, empty if the program ran to its end; a program that crashed is missing."""
    programs = json.dumps({name: START + rest for name, rest in PROGRAMS.items()})
    done = subprocess.run(
        [sys.executable, "-c", FORK_EACH], input=programs, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("name", PROGRAMS)
def test_eager_code_runs_without_the_compiler_and_other_code_imports_it(errors, name):
    assert errors.get(name, "crashed") == ""
