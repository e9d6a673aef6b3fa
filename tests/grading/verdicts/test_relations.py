"""Relations of wrong values: what is said, and what is never said."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.comparison import Tolerance
from grader.core.outcomes import Observed
from grader.core.text import Text
from grader.core.values import NO_GRAPH, Array, Opaque
from grader.execution.guest.call_recording.recorded_call import (
    Argument,
    GroupValue,
    LiteralValue,
    RecordedCall,
    TensorValue,
)
from grader.experiments.declaration import Check
from grader.grading.verdicts.explanation import explain, explain_relations
from grader.grading.verdicts.relations.relation_kinds import Kind, Quantity, Relation
from grader.grading.verdicts.relations.relation_text import relation_text
from grader.grading.verdicts.verdict import decide
from grader.grading.verdicts.verdict_relations import add_relations

SHAPES = {"first": (3, 4), "second": (5, 3), "third": (2, 6)}
TOLERANCE = Tolerance()


def plain(value):
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return Array.of(value) if isinstance(value, np.ndarray) else value


def tensor(array, **options):
    return TensorValue("tensor", array.dtype.name, array.shape, array.tobytes(), **options)


def call(total=1, **arguments):
    """A recorded call with these arguments: arrays, lists of arrays, numbers."""
    values = {
        name: tensor(value)
        if isinstance(value, np.ndarray)
        else GroupValue("list", tuple(map(tensor, value)), length=len(value))
        if isinstance(value, list)
        else LiteralValue(repr(value))
        for name, value in arguments.items()
    }
    shown = tuple(Argument(name, value, parameter=name) for name, value in values.items())
    return RecordedCall("f", shown, total=total)


def related(yours, expected, calls=None):
    """Return verdicts with relations; `yours` and `expected` hold observations by check and name."""
    verdicts, references = [], {}
    for name, values in yours.items():
        check = Check("f", name, Text(en="claim", zh="主张"), False, 1, TOLERANCE, False)
        references[check.id] = Observed({key: plain(value) for key, value in expected[name].items()})
        observed = Observed({key: plain(value) for key, value in values.items()})
        verdicts.append(decide(check, observed, references[check.id]))
    named = {f"f::{name}": one for name, one in (calls or {}).items()}
    return add_relations(verdicts, references, named)


def said(yours, expected, calls=None):
    """Return the relations by check and observation."""
    verdicts = related(yours, expected, calls)
    return {(v.check.name, name): relation for v in verdicts for name, relation in v.relations.items()}


def random_arrays(seed=0, shapes=SHAPES):
    generator = np.random.default_rng(seed)
    return {name: generator.normal(size=shape) for name, shape in shapes.items()}


def of_all(function, expected=None):
    """Return the relations shown in three checks if `function` computes the answers from the expected arrays."""
    right = {name: {"value": array} for name, array in (expected or random_arrays()).items()}
    yours = {name: {"value": function(values["value"])} for name, values in right.items()}
    return said(yours, right, {name: call(x=values["value"] + 7.0) for name, values in right.items()})


KINDS = {
    Kind.ZERO: np.zeros_like,
    Kind.NEGATIVE: np.negative,
    Kind.RESHAPED: lambda x: x.reshape(-1),
    Kind.TRANSPOSED: lambda x: np.ascontiguousarray(x.T),
    Kind.REVERSED: lambda x: np.ascontiguousarray(x[::-1]),
    Kind.REORDERED: lambda x: np.ascontiguousarray(np.roll(x, 1, axis=1)),
    Kind.FIRST: lambda x: x[:1],
    Kind.LAST: lambda x: x[-1:],
    Kind.SUM: lambda x: np.array(x.sum()),
    Kind.MEAN: lambda x: np.array(x.mean()),
    Kind.SHIFTED: lambda x: x + 0.25,
    Kind.SQUARED: np.square,
    Kind.FLOAT32: lambda x: x.astype(np.float32),
    Kind.INPUT: lambda x: x + 7.0,
}


@pytest.mark.parametrize(("kind", "function"), KINDS.items())
def test_the_relation_to_the_expected_value_is_reported(kind, function):
    found = of_all(function)
    assert len(found) == 3 and {relation.kind for relation in found.values()} == {kind}


def test_the_root_of_the_expected_value_is_reported():
    squares = {name: np.square(array) for name, array in random_arrays().items()}
    assert {relation.kind for relation in of_all(np.sqrt, squares).values()} == {Kind.ROOT}


def test_the_mean_of_the_expected_tensor_is_reported():
    tensors = random_arrays()
    yours = {name: {"loss": array} for name, array in tensors.items()}
    expected = {name: {"loss": np.array(array.mean())} for name, array in tensors.items()}
    assert {relation.kind for relation in said(yours, expected).values()} == {Kind.UNAVERAGED}


def test_reversed_and_missing_names_are_reported():
    expected = {"one": {"names": ("A", "B", "C", "D")}, "two": {"names": ("E", "F", "G")}}
    yours = {name: {"names": values["names"][::-1]} for name, values in expected.items()}
    assert {relation.kind for relation in said(yours, expected).values()} == {Kind.REVERSED}
    yours = {name: {"names": values["names"][:2]} for name, values in expected.items()}
    assert {relation.number for relation in said(yours, expected).values()} == {2}


@pytest.mark.parametrize(
    ("quantity", "size"),
    [
        (Quantity.ROWS, lambda x: x.shape[0]),
        (Quantity.COLUMNS, lambda x: x.shape[1]),
        (Quantity.ELEMENTS, lambda x: x.size),
    ],
)
@pytest.mark.parametrize("power", [1, -1])
def test_a_factor_that_equals_a_size_in_every_check_is_reported_with_its_meaning(quantity, size, power):
    tensors = random_arrays()
    expected = {name: {"loss": float(array.sum())} for name, array in tensors.items()}
    yours = {name: {"loss": expected[name]["loss"] * float(size(array)) ** power} for name, array in tensors.items()}
    found = said(yours, expected, {name: call(x=array) for name, array in tensors.items()})
    assert {(r.kind, r.quantity, r.argument) for r in found.values()} == {(Kind.TIMES, quantity, "x")}
    assert [r.size for r in found.values()] == [size(array) for array in tensors.values()]


def test_a_factor_of_a_parameters_change_that_equals_an_argument_is_reported():
    tensors, gradients, rates = random_arrays(), random_arrays(1), (0.1, 0.25, 0.4)
    expected, yours, calls = {}, {}, {}
    for (name, p), lr in zip(tensors.items(), rates, strict=True):
        expected[name] = {"p": p - lr * gradients[name]}
        yours[name] = {"p": p - gradients[name]}
        calls[name] = call(params=[p], lr=lr)
    found = said(yours, expected, calls)
    assert {(r.quantity, r.argument, r.change) for r in found.values()} == {(Quantity.VALUE, "lr", "params[0]")}
    texts = [relation_text(relation, "en") for relation in found.values()]
    assert texts[0] == "the change of params[0] is 10 times the expected one; lr is 0.1"


def test_a_small_factor_that_equals_several_sizes_is_reported_without_a_meaning():
    tensors = random_arrays(shapes={"first": (4, 4), "second": (4, 4)})
    expected = {name: {"loss": float(array.sum()), "grad": array} for name, array in tensors.items()}
    yours = {name: {key: 4 * value for key, value in values.items()} for name, values in expected.items()}
    found = said(yours, expected, {name: call(x=array) for name, array in tensors.items()})
    assert [(r.number, r.quantity) for r in found.values()] == [(4.0, Quantity.NONE)] * 4


def test_a_size_of_the_first_call_is_not_used_for_the_value_of_a_later_call():
    tensors = random_arrays()
    expected = {name: {"loss": float(array.sum())} for name, array in tensors.items()}
    yours = {name: {"loss": expected[name]["loss"] * array.size} for name, array in tensors.items()}
    calls = {name: call(total=2, x=array) for name, array in tensors.items()}
    assert {r.quantity for r in said(yours, expected, calls).values()} <= {Quantity.NONE}


def test_only_the_wrong_entries_are_related_where_others_are_right():
    tensors, found = random_arrays(), {}
    yours = {name: {"grad": np.where(array > 0, 3 * array, array)} for name, array in tensors.items()}
    found = said(yours, {name: {"grad": array} for name, array in tensors.items()})
    assert {(r.kind, round(r.number, 9), r.some) for r in found.values()} == {(Kind.TIMES, 3.0, True)}


def test_a_right_value_without_a_graph_is_reported():
    expected = {name: {"loss": array.sum().item(), "x.grad": array} for name, array in random_arrays().items()}
    yours = {name: {**values, "x.grad": NO_GRAPH} for name, values in expected.items()}
    assert {relation.kind for relation in said(yours, expected).values()} == {Kind.WITHOUT_GRAPH}
    wrong = {name: {**values, "loss": values["loss"] + 1.5} for name, values in yours.items()}
    assert Kind.WITHOUT_GRAPH not in {relation.kind for relation in said(wrong, expected).values()}


def test_a_relation_of_a_single_observation_or_of_copies_is_not_reported():
    (right,) = random_arrays(shapes={"only": (3, 4)}).values()
    assert said({"only": {"grad": 2 * right}}, {"only": {"grad": right}}) == {}
    twice = {"grad": right, "again": right}
    assert said({"only": dict.fromkeys(twice, 2 * right)}, {"only": twice}) == {}


@pytest.mark.parametrize(
    "right",
    [
        pytest.param(lambda rng: np.zeros((3, 3)), id="zero"),
        pytest.param(lambda rng: np.ones((3, 3)), id="constant"),
        pytest.param(lambda rng: np.diag(rng.normal(size=3)) + 1.0, id="symmetric"),
    ],
)
def test_a_relation_that_any_answer_to_the_input_has_is_not_reported(right):
    generator = np.random.default_rng(0)
    expected = {name: {"value": right(generator)} for name in ("one", "two", "three")}
    for function in (np.transpose, np.negative, lambda x: x[::-1], lambda x: x**2):
        yours = {name: {"value": np.ascontiguousarray(function(v["value"]))} for name, v in expected.items()}
        for relation in said(yours, expected).values():
            assert relation.kind not in (Kind.TRANSPOSED, Kind.SQUARED) or not np.allclose(
                yours["one"]["value"], expected["one"]["value"]
            )


def test_numbers_that_have_nothing_to_do_with_each_other_have_no_relation():
    """Small exact numbers agree by chance most easily: two of three checks often share a ratio of two numbers."""
    spoken = 0
    for seed in range(300):
        generator = np.random.default_rng(seed)
        yours, expected, calls = {}, {}, {}
        for name, shape in SHAPES.items():
            draw = lambda *shape: generator.integers(-12, 13, shape) / 4  # noqa: E731, B023
            yours[name] = {"loss": float(draw()), "grad": draw(*shape)}
            expected[name] = {"loss": float(draw()), "grad": draw(*shape)}
            calls[name] = call(x=draw(*shape), lr=float(draw()) or 0.25)
        spoken += bool(said(yours, expected, calls))
    assert spoken == 0


def test_the_message_says_a_relation_once_below_its_first_value():
    tensors = random_arrays()
    expected = {name: {"loss": float(array.sum()), "x.grad": array} for name, array in tensors.items()}
    yours = {name: {key: 2 * value for key, value in values.items()} for name, values in expected.items()}
    verdict = related(yours, expected)[0]
    assert explain(verdict).splitlines()[1] == "2 times the expected value"
    assert explain(verdict).count("2 times") == 1
    assert explain_relations(verdict, "en") == "loss, x.grad: 2 times the expected value"
    assert explain_relations(verdict, "zh") == "loss, x.grad: 是期望值的 2 倍"


@pytest.mark.parametrize("kind", Kind)
def test_every_relation_has_words_in_both_languages_and_is_plain_data(kind):
    relation = Relation(kind, 0.25, Quantity.ROWS, "x", 4.0)
    english, chinese = relation_text(relation, "en"), relation_text(relation, "zh")
    assert english.isascii() and not chinese.isascii() and "{" not in english + chinese
    assert msgspec.json.decode(msgspec.json.encode(relation), type=Relation) == relation


# -- every relation that is shown is true --------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.integers(-12, 12).map(lambda n: n / 4),
    st.floats(-1e3, 1e3),
    st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e300, np.inf, np.nan]),
)
CHANGES = [
    *KINDS.values(),
    lambda x: x,
    lambda x: 3 * x,
    lambda x: x * x.size,
    lambda x: x / max(1, x.shape[0]),
    lambda x: np.where(x > 0, 2 * x, x),
    lambda x: np.where(x > 0, -x, x),
    lambda x: x + 1e-8,
    lambda x: x.astype(np.float32),
    lambda x: np.sqrt(np.abs(x)),
    lambda x: np.tile(x, (2, 1)),
]


@st.composite
def answers(draw):
    """Two to four checks with up to two observations; each observation is changed, often all in the same way."""
    yours, expected, calls, change = {}, {}, {}, draw(st.sampled_from(CHANGES))
    for number in range(draw(st.integers(2, 4))):
        shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
        size = shape[0] * shape[1]
        name, arrays = f"check{number}", {}
        for key in ("a", "b")[: draw(st.integers(1, 2))]:
            drawn = draw(st.lists(NUMBERS, min_size=size, max_size=size))
            arrays[key] = np.array(drawn, np.float64).reshape(shape)
        change = draw(st.sampled_from([change, change, change, *CHANGES]))
        with np.errstate(all="ignore"):
            yours[name] = {key: np.ascontiguousarray(change(array)) for key, array in arrays.items()}
        expected[name] = arrays
        if draw(st.booleans()):
            argument = draw(st.sampled_from([arrays["a"] + 7.0, arrays["a"], -arrays["a"]]))
            calls[name] = call(total=draw(st.integers(1, 2)), x=argument, lr=draw(st.sampled_from([0.1, 2.0, 3.0])))
    return yours, expected, calls


@given(answers())
def test_no_relation_is_reported_that_does_not_hold(case):
    yours, expected, calls = case
    for (check, name), relation in said(yours, expected, calls).items():
        arguments = {argument.name: argument.value for argument in calls[check].arguments} if check in calls else {}
        assert holds(relation, yours[check][name], expected[check][name], arguments), relation


@np.errstate(all="ignore")
def holds(relation, yours, expected, arguments):
    """Compute from the definition whether a relation holds; written without the code that searches for it."""
    single = yours.dtype == np.float32
    yours = yours.astype(np.float64)

    def near(a, b):
        is_difference = relation.change or relation.kind == Kind.SHIFTED
        scale = max(np.abs(yours).max(), np.abs(expected).max(), 7.0) if is_difference else 0.0
        rtol, atol = (1e-4, 1e-5 * scale) if single else (1e-8, 1e-12 * scale)
        return a.shape == b.shape and bool((np.abs(a - b) <= atol + rtol * np.abs(b)).all())

    if relation.quantity != Quantity.NONE and relation.kind in (Kind.TIMES, Kind.SHIFTED):
        value = arguments[relation.argument]
        sizes = {Quantity.VALUE: float(value.text)} if isinstance(value, LiteralValue) else {}
        if isinstance(value, TensorValue):
            rows, columns = value.shape
            sizes = {Quantity.ROWS: rows, Quantity.COLUMNS: columns, Quantity.ELEMENTS: rows * columns}
        assert sizes[relation.quantity] == relation.size
        assert any(np.isclose(relation.number, n) for n in (relation.size, 1 / relation.size, -relation.size))
    if relation.change:
        before = np.frombuffer(arguments[relation.change].data).reshape(arguments[relation.change].shape)
        yours, expected = yours - before, expected - before
    if relation.some:
        wrong = ~np.isclose(yours, expected, rtol=1e-7, atol=1e-9)
        yours, expected = yours[wrong], expected[wrong]
    n = int(relation.number)
    match relation.kind:
        case Kind.ZERO:
            return not yours.any() and expected.any()
        case Kind.INPUT:
            return near(yours, np.frombuffer(arguments[relation.argument].data).reshape(yours.shape))
        case Kind.FIRST:
            return len(yours) == n < len(expected) and near(yours, expected[:n])
        case Kind.LAST:
            return len(yours) == n < len(expected) and near(yours, expected[-n:])
        case Kind.SUM | Kind.MEAN:
            reduced = expected.sum() if relation.kind == Kind.SUM else expected.mean()
            return yours.size == 1 < expected.size and near(yours.ravel(), np.array([reduced]))
        case Kind.UNSUMMED | Kind.UNAVERAGED:
            reduced = yours.sum() if relation.kind == Kind.UNSUMMED else yours.mean()
            return expected.size == 1 < yours.size and near(np.array([reduced]), expected.ravel())
        case Kind.REORDERED:
            return near(np.sort(yours, None), np.sort(expected, None)) and not near(yours, expected)
        case Kind.FLOAT32:
            return np.array_equal(yours.astype(np.float32), yours) and np.allclose(yours, expected, rtol=2e-5, atol=0)
    predicted = {
        Kind.NEGATIVE: -expected,
        Kind.TIMES: relation.number * expected,
        Kind.SHIFTED: expected + relation.number,
        Kind.SQUARED: expected**2,
        Kind.ROOT: np.sqrt(np.abs(expected)),
        Kind.TRANSPOSED: expected.T,
        Kind.REVERSED: expected[::-1],
        Kind.RESHAPED: expected.reshape(yours.shape) if yours.size == expected.size else expected,
    }[relation.kind]
    return near(yours, predicted) and not (yours.shape == expected.shape and near(yours, expected))


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**62), 2**62),
        st.floats(),
        st.text(max_size=3),
        st.just(Opaque("a generator")),
        st.sampled_from(["float64", "float32", "float16", "int64", "bool"]).flatmap(
            lambda dtype: st.lists(st.integers(0, 3), max_size=3).map(
                lambda shape: Array.of((np.arange(np.prod(shape)) * 1.5).astype(dtype).reshape(shape))
            )
        ),
    ),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)
OBSERVATIONS = st.dictionaries(st.sampled_from(["a", "b"]), VALUES, max_size=2)
CHECKS = st.dictionaries(st.sampled_from(["one", "two"]), st.tuples(OBSERVATIONS, OBSERVATIONS), max_size=2)


@given(CHECKS)
def test_any_value_of_a_student_is_compared_without_an_error(checks):
    yours, expected = ({name: pair[side] for name, pair in checks.items()} for side in (0, 1))
    related(yours, expected, {name: call(x=np.ones((2, 3)), lr=0.1) for name in checks})
