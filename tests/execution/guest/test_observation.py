"""`observe` turns returned values and exceptions into outcomes; no state reaches the next experiment."""

import pytest

from grader.core.outcomes import NotAttempted, Observed, Raised, SourceLine
from grader.core.values import CHANGED_ARGUMENTS, Array, Opaque


def first(body, outcome, check="first::value_of_first", head=""):
    parameters = "x" if check == "first::first_on_tensor" else ""
    return outcome(f"import torch\n{head}\ndef first({parameters}):\n    {body}\n", check)


def value_of(body, outcome):
    return first(f"return {body}", outcome).values["value"]


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("None", None),
        ("True", True),
        ("3", 3),
        ("2.5", 2.5),
        ("'损失'", "损失"),
        ("[1, (2.0, None)]", (1, (2.0, None))),
        ("torch.Size([2, 3])", (2, 3)),
        ("{'a': 1}", {"a": 1}),
        ("{1: 'one'}", {"1": "one"}),
        ("float('inf')", float("inf")),
        ("__import__('numpy').float64(2.5)", 2.5),
    ],
)
def test_plain_things_are_observed_as_they_are(outcome, body, value):
    assert value_of(body, outcome) == value
    assert type(value_of(body, outcome)) is type(value)


@pytest.mark.parametrize(
    "body",
    [
        "torch.arange(3.).reshape(3, 1)",
        "torch.arange(3.).reshape(1, 3).T",
        "torch.nn.Parameter(torch.arange(3.)[:, None])",
        "torch.arange(3., requires_grad=True)[:, None]",
        "-(-torch.arange(3.)[:, None])",
    ],
)
def test_tensors_are_observed_by_dtype_shape_and_numbers(outcome, body):
    found = value_of(body, outcome)
    assert (found.dtype, found.shape) == ("float32", (3, 1))
    assert found.numpy().ravel().tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "body",
    [
        "object()",
        "{1, 2}",
        "2**63",
        "(i for i in [1])",
        "torch.zeros(100_001)",
        "torch.zeros(1).expand(10**12)",
        "torch.zeros(3).to_sparse()",
        "torch.zeros(3, device='meta')",
        "torch.zeros(3, dtype=torch.complex64)",
        "torch.zeros(3, dtype=torch.bfloat16)",
        "__import__('numpy').zeros(3, dtype=object)",
        "type('T', (torch.Tensor,), {})([1.0])",
    ],
)
def test_anything_else_is_opaque_and_equal_to_nothing(outcome, body):
    assert isinstance(value_of(body, outcome), Opaque)


def test_a_huge_return_value_is_opaque_and_affects_no_other_function(run):
    result = run("import torch\ndef first(): return [0] * 10**6\ndef second(): return 1.0\n")
    assert isinstance(result.outcomes["first::value_of_first", 0].values["value"], Opaque)
    assert result.outcomes["second::value_of_second", 0] == Observed({"value": 1.0})


def test_values_that_nest_too_deeply_or_hold_themselves_end_in_something_opaque(outcome):
    found = first("a = []; a.append(a); return a", outcome).values["value"]
    for _ in range(8):
        (found,) = found
    assert isinstance(found, Opaque)


def test_long_texts_are_cut_and_lone_surrogates_replaced(outcome):
    assert len(value_of("'x' * 10**6", outcome)) == 300
    assert value_of("'\\ud800'", outcome) == "\\ud800"


def test_a_mapping_with_lone_surrogates_in_its_keys_is_observed(outcome):
    assert isinstance(first("return {'\\ud800': 1}", outcome), Observed)


def test_an_exception_has_the_line_of_the_student(outcome):
    found = first("y = 1\n    return y / 0", outcome)
    assert found == Raised("ZeroDivisionError", "division by zero", SourceLine(5, "return y / 0"))


def test_the_line_is_the_students_nearest_to_the_error_even_inside_torch(outcome):
    found = first("return torch.ones(2) @ torch.ones(3)", outcome)
    assert (found.error, found.place) == ("RuntimeError", SourceLine(4, "return torch.ones(2) @ torch.ones(3)"))


def test_the_line_is_in_the_helper_that_raised(outcome):
    found = first("return helper()", outcome, head="def helper(): return {}['a']")
    assert found.place == SourceLine(2, "def helper(): return {}['a']")


def test_an_error_of_the_experiment_names_the_type_of_the_returned_value(outcome):
    found = first("return 1.5", outcome, "first::sum_of_what_first_returns")
    assert (found.error, found.place, found.returned) == ("AttributeError", None, "a float")


@pytest.mark.parametrize("error", ["SystemExit(0)", "KeyboardInterrupt()", "GeneratorExit()", "BaseException('x')"])
def test_an_exception_that_would_end_a_program_counts_like_any_other(outcome, error):
    assert isinstance(first(f"raise {error}", outcome), Raised)


def test_an_exception_without_a_usable_message_still_counts_as_raised(outcome):
    head = "class Bad(Exception):\n    def __str__(self): raise KeyError('no')\n    __repr__ = __str__"
    found = first("raise Bad()", outcome, head=head)
    assert (found.error, found.message) == ("Bad", "its message cannot be shown")


def test_a_message_is_one_line_of_moderate_length(outcome):
    assert first("raise ValueError('a\\nb')", outcome).message == "a"
    assert len(first("raise ValueError('x' * 10**6)", outcome).message) <= 300


def test_the_stub_is_not_attempted_and_so_is_a_helper_that_is_a_stub(outcome):
    assert first('raise NotImplementedError("first")', outcome) == NotAttempted()
    assert first("helper()", outcome, head="def helper(): raise NotImplementedError") == NotAttempted()


def test_not_implemented_error_from_inside_torch_does_not_mean_a_stub(outcome):
    found = first("return torch.nn.Module()(1)", outcome)
    assert (found.error, found.place) == ("NotImplementedError", SourceLine(4, "return torch.nn.Module()(1)"))


def test_an_operation_that_torch_has_not_implemented_does_not_mean_a_stub(outcome):
    found = first("return torch.ones(2) ^ 2", outcome)
    assert (found.error, found.place) == ("NotImplementedError", SourceLine(4, "return torch.ones(2) ^ 2"))
    assert first("try:\n        raise NotImplementedError\n    finally:\n        pass", outcome) == NotAttempted()


def test_a_subclass_of_not_implemented_error_does_not_mean_a_stub(outcome):
    assert isinstance(first("raise E()", outcome, head="class E(NotImplementedError): pass"), Raised)


def test_a_changed_argument_is_observed(outcome):
    assert first("return x.sum()", outcome, "first::first_on_tensor").values[CHANGED_ARGUMENTS] == ()
    changed = first("x.zero_(); return x.sum()", outcome, "first::first_on_tensor").values[CHANGED_ARGUMENTS]
    assert changed == ("x: its values changed",)


SWITCHES = {
    "nothing": "pass",
    "grad mode": "torch.set_grad_enabled(False)",
    "a no_grad that is never left": "torch.no_grad().__enter__()",
    "inference mode": "torch.inference_mode().__enter__()",
    "the default dtype": "torch.set_default_dtype(torch.float64)",
    "the default device": "torch.set_default_device('meta')",
    "anomaly detection": "torch.autograd.set_detect_anomaly(True)",
    "deterministic algorithms": "torch.use_deterministic_algorithms(True)",
    "the number of threads": "torch.set_num_threads(3)",
    "the random numbers": "torch.manual_seed(99); torch.rand(5)",
    "warnings into errors": "__import__('warnings').simplefilter('error')",
    "hooks of saved tensors": "torch.autograd.graph.saved_tensors_hooks(lambda t: 1 / 0, lambda t: t).__enter__()",
    "numpy's errors": "__import__('numpy').seterr(all='raise')",
    "a low recursion limit": "__import__('sys').setrecursionlimit(120)",
    "a global hook of modules": "torch.nn.modules.module.register_module_forward_hook(lambda m, i, o: o * 0)",
}
SECOND = "def second():\n    import warnings\n    warnings.warn('w')\n    m = torch.nn.Linear(1, 1)\n"
SECOND += "    __import__('numpy').ones(1) / 0\n    deep = lambda n: n and deep(n - 1)\n    deep(300)\n"
SECOND += "    (m(torch.ones(1)) ** 2).sum().backward()\n    return float(m(torch.ones(1)).abs().sum()) > 0.0\n"


@pytest.mark.parametrize("switch", SWITCHES.values(), ids=SWITCHES.keys())
def test_global_switches_that_one_function_changes_are_reset_before_the_next(run, switch):
    checks = ("first::value_of_first", "second::state_before_second")
    result = run(f"import torch\ndef first():\n    {switch}\n{SECOND}", *checks)
    found = result.outcomes["second::state_before_second", 0].values
    expected = {
        "grad enabled": True,
        "inference": False,
        "default dtype": "torch.float32",
        "default device": "cpu",
        "anomaly": False,
        "deterministic": False,
        "threads": 1,
        "second": True,
    }
    assert {name: found[name] for name in expected} == expected
    alone = run(f"import torch\n{SECOND}", checks[1]).outcomes[checks[1], 0].values
    assert found["random"] == alone["random"]
    assert isinstance(found["random"], Array)
