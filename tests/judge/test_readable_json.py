"""Generated JSON: one line for each entry, and the same data as any other encoder writes."""

import msgspec

from grader.judge.readable_json import encode_readable


class Sample(msgspec.Struct):
    name: str
    entries: dict[str, list[object]]
    none: dict[str, int]


SAMPLE = Sample("损失", {"one\n": [{"deep": [1.5, None]}, b"\0"], "zwei": []}, {})


LINES = """{
 "name": "损失",
 "entries": {
  "one\\n": [{"deep":[1.5,null]},"AA=="],
  "zwei": []
 },
 "none": {}
}
"""


def test_the_data_are_the_same_in_the_same_order():
    one_line = msgspec.json.encode(SAMPLE)
    assert msgspec.json.format(encode_readable(SAMPLE), indent=-1) == one_line


def test_each_entry_has_one_line():
    assert encode_readable(SAMPLE).decode() == LINES
