"""Values: encoding and decoding lose nothing, and hostile input is rejected."""

import math
from datetime import datetime

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.core.values import DTYPES, MAX_DEPTH, Array, Opaque, from_plain, to_plain

WHOLE = st.integers(-(2**63), 2**63 - 1)
arrays = st.sampled_from(sorted(DTYPES)).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)).map(Array.of)
)
leaves = st.one_of(st.none(), st.booleans(), WHOLE, st.floats(), st.text(), arrays, st.builds(Opaque, st.text()))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return 1 + max(map(depth, inner), default=0)


@given(values)
def test_a_value_survives_messagepack(value):
    assume(depth(value) <= MAX_DEPTH)
    back = from_plain(msgspec.msgpack.decode(msgspec.msgpack.encode(to_plain(value))))
    assert repr(back) == repr(value)  # repr, because nan is not equal to itself


@given(values)
def test_a_value_survives_json(value):
    assume(depth(value) <= MAX_DEPTH)
    back = from_plain(msgspec.json.decode(msgspec.json.encode(to_plain(value))))
    assert repr(back) == repr(value)


HOSTILE = {
    "an empty list": [],
    "an unknown tag": ["x", 1],
    "a tag without content": ["f"],
    "a float that is none": ["f", "one"],
    "an object array": ["a", "object", [1], b"12345678"],
    "a structured dtype": ["a", "f8,f8", [1], b"1" * 16],
    "a negative size": ["a", "float64", [-1], b""],
    "two negative sizes": ["a", "int8", [-1, -1], b"1"],
    "too few bytes": ["a", "float64", [2], b"12345678"],
    "a huge shape without bytes": ["a", "float64", [2**40], b""],
    "a huge size beside an empty one": ["a", "float64", [0, 10**30], b""],
    "a size that numpy refuses beside an empty one": ["a", "float64", [0, 2**62], b""],
    "a whole number that no float holds": 10**400,
    "a bool as size": ["a", "int8", [True], b"1"],
    "a float as size": ["a", "int8", [1.0], b"1"],
    "no base64": ["a", "int8", [1], "?!"],
    "base64 that is not ASCII": ["a", "int8", [1], "零"],
    "items that are no list": ["s", "text"],
    "a mapping that is none": ["m", [1, 2]],
    "raw bytes": b"raw",
    "a date": datetime(2024, 1, 1),
    "a complex number": 1j,
    "a bare mapping": {"a": 1},
}


@pytest.mark.parametrize("plain", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_plain_data_is_refused(plain):
    with pytest.raises(ValueError, match=r"."):
        from_plain(plain)
    with pytest.raises(ValueError, match=r"."):
        from_plain(["s", [1, plain]])


@pytest.mark.parametrize("tag", ["s", "m"])
def test_deep_nesting_is_refused_before_the_stack_ends(tag):
    plain = 1
    for _ in range(100_000):
        plain = ["s", [plain]] if tag == "s" else ["m", {"k": plain}]
    with pytest.raises(ValueError, match="deeply"):
        from_plain(plain)


@given(
    st.recursive(
        st.one_of(st.sampled_from(["f", "a", "o", "s", "m", "float64", b"", b"12345678"]), WHOLE, st.binary()),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    )
)
def test_all_input_gives_a_value_or_a_value_error(plain):
    try:
        value = from_plain(plain)
    except ValueError:
        return
    assert repr(from_plain(to_plain(value))) == repr(value)


def test_an_array_keeps_dtype_shape_and_numbers_in_any_memory_order():
    array = np.arange(6, dtype="int16").reshape(2, 3).T
    copy = Array.of(array)
    assert (copy.dtype, copy.shape) == ("int16", (3, 2))
    assert (copy.numpy() == array).all()
    with pytest.raises(ValueError, match="read-only"):
        copy.numpy()[0, 0] = 1


def test_an_array_of_no_dimension_holds_one_number():
    copy = Array.of(np.array(math.pi))
    assert copy.shape == ()
    assert copy.numpy().item() == math.pi


def test_an_array_with_the_other_byte_order_keeps_its_numbers():
    for dtype in (">f8", ">i2", "<f4", "?"):
        numbers = np.array([[1, 0, 2], [3, 4, 5]], dtype=dtype)
        assert np.array_equal(Array.of(numbers).numpy(), numbers)
        assert np.array_equal(Array.of(numbers.T).numpy(), numbers.T)
