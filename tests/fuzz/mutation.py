"""Make new inputs from known inputs: change bytes, words, numbers and values of JSON, or repeat parts very often."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any

MAX_INPUT = 1 << 16
"""Maximum size of an input, in bytes. At this size a quadratic algorithm is noticeably slow, and a linear one is fast.
"""

BYTES = (0, 1, 9, 10, 13, 32, 34, 39, 44, 45, 47, 48, 58, 59, 91, 92, 93, 123, 125, 127, 128, 192, 224, 240, 255)
TEXTS = (
    *(b"\0", b"\r", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", "\u2028".encode(), "\u202e".encode(), "\u200b".encode()),
    *(
        "\u0301\u0327".encode(),
        "İ".encode(),
        "ß".encode(),
        "王小明".encode(),
        "、，".encode(),
        "\U0001f600".encode(),
        b"\xed\xa0\x80",
        b"\x1b[31m",
    ),
    *(b"..", b"/", b"\\", b"%s", b"{0}", b"{a.b}", b"<b>", b"\\ud800", b"\\u0000", b"=1+1", b"__class__", b"  "),
)
NUMBERS = (
    *(b"-1", b"0", b"1", b"255", b"65536", b"2147483648", b"9223372036854775808", b"-9223372036854775809"),
    *(b"1e308", b"-1e400", b"1E-400", b"NaN", b"Infinity", b"-Infinity", b"0.1", b"0.005", b"007", b"1e5", b"1_000"),
    *(b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-12:00", b"2026-02-30", b"9" * 5000),
)
JSON_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 2**63, -(2**64), 10**400, 1e308, "", "text", "\0", "\ud800", "9" * 400, [], {}),
    *([[]], {"": None}, ["f", "nan"], ["a", "float64", [0], ""], ["s", []], ["m", {}], ["o", "x"], [0] * 1000),
)
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


def mutated(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Return an input with one to eight random changes.

    `others` are inputs from which parts are copied, and `words` are texts to insert.
    """
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        data = random.choice(CHANGES)(random, data, others, words)
    return data[:MAX_INPUT]


def _flip(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    at = random.randrange(len(data) or 1)
    return data[:at] + bytes(b ^ 1 << random.randrange(8) for b in data[at : at + 1]) + data[at + 1 :]


def _set_byte(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    at = random.randrange(len(data) or 1)
    return data[:at] + bytes([random.choice(BYTES)]) + data[at + 1 :]


def _remove(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    start, end = _part(random, data)
    return data[:start] + data[end:]


def _cut(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _insert(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    at = random.randrange(len(data) + 1)
    end = at if random.random() < 0.7 else _part(random, data)[1]
    return data[:at] + random.choice((*words, *words, *TEXTS, *NUMBERS)) + data[max(at, end) :]


def _move(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    source = random.choice([data, *others])
    start, end = _part(random, source)
    at = random.randrange(len(data) + 1)
    return data[:at] + source[start:end] + data[at:]


def _repeat(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Insert many repetitions of a byte, a word or a part. They reveal quadratic time and too deep recursion."""
    start, end = _part(random, data)
    unit = (
        random.choice([data[start : start + 1], data[start:end], *words, *TEXTS, b"[", b"{", b'[{"a":', b"("]) or b" "
    )
    times = min(random.choice((2, 20, 200, 5000, MAX_INPUT)), MAX_INPUT // len(unit))
    return data[:start] + unit * times + data[start:]


def _change_number(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    found = list(NUMBER.finditer(data))[:5000]
    if not found:
        return _insert(random, data, others, words)
    place = random.choice(found)
    return data[: place.start()] + random.choice(NUMBERS) + data[place.end() :]


def _change_json(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Change one value if the data, or one of its lines, is JSON; change a number in other data."""
    lines = data.split(b"\n")
    number = random.randrange(len(lines))
    for before, text, after in ((b"", data, b""), _around(lines, number)):
        with suppress(ValueError, RecursionError):
            changed = changed_value(random, json.loads(text), words)
            return before + json.dumps(changed).encode("utf-8", "surrogatepass") + after
    return _change_number(random, data, others, words)


def _around(lines: Sequence[bytes], number: int) -> tuple[bytes, bytes, bytes]:
    before, after = lines[:number], lines[number + 1 :]
    return b"\n".join([*before, b""]), lines[number], b"\n".join([b"", *after])


def changed_value(random: Random, value: Any, words: Sequence[bytes]) -> Any:
    """Return a JSON value with one change at a random depth."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(list(value))
        if (how := random.random()) < 0.1:
            return {k: v for k, v in value.items() if k != key}
        if how < 0.2:
            return value | {_word(random, words): value[key]}
        return value | {key: changed_value(random, value[key], words)}
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        if (how := random.random()) < 0.2:
            return random.choice([value[:at] + value[at + 1 :], [*value, value[at]], value[::-1], value * 3])
        return [*value[:at], changed_value(random, value[at], words), *value[at + 1 :]]
    return random.choice([*JSON_VALUES, _word(random, words), [value], {"a": value}])


def _word(random: Random, words: Sequence[bytes]) -> str:
    return random.choice((*words, *TEXTS)).decode("utf-8", "surrogateescape")


def _part(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 2, 4, 16, 64, 1024)))


CHANGES = (
    *(_flip, _flip, _set_byte, _set_byte, _remove, _cut, _insert, _insert, _insert, _move, _move, _repeat),
    *(_change_number, _change_number, _change_json, _change_json, _change_json),
)
