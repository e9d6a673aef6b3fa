"""JSON of generated files, laid out for diffs: one line for each entry of a table, in the order of the entries."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


def encode_readable(content: msgspec.Struct) -> bytes:
    """Encode a struct as JSON with one line for each field; a field that is a mapping has one line for each entry."""
    fields = [f" {_encode(name)}: {_field(getattr(content, name))}" for name in content.__struct_fields__]
    return ("{\n" + ",\n".join(fields) + "\n}\n").encode()


def _field(value: object) -> str:
    if not isinstance(value, Mapping) or not value:
        return _encode(value)
    entries = [f"  {_encode(key)}: {_encode(entry)}" for key, entry in value.items()]
    return "{\n" + ",\n".join(entries) + "\n }"


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()
