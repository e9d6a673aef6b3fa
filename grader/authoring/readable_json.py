"""Write the JSON files that `grader sync` generates, with one line for each entry, so that authors can read a diff."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


def encode_readable(content: msgspec.Struct) -> bytes:
    """Return a struct as JSON. Each field is on one line; a field that is a mapping has one line for each entry."""
    names = zip(content.__struct_encode_fields__, content.__struct_fields__, strict=True)
    fields = [f" {_encode(key)}: {_field(getattr(content, name))}" for key, name in names]
    return ("{\n" + ",\n".join(fields) + "\n}\n").encode()


def _field(value: object) -> str:
    if not isinstance(value, Mapping) or not value:
        return _encode(value)
    entries = [f"  {_encode(key)}: {_encode(entry)}" for key, entry in value.items()]
    return "{\n" + ",\n".join(entries) + "\n }"


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()
