"""Decode tables and names of files, which do not declare their encoding, as UTF-8, as GBK, or by a western code page.

For the source files of submissions, see `core.source_encoding`.
"""

from __future__ import annotations

import unicodedata

from grader.core.source_encoding import BYTE_ORDER_MARKS


def decode_unlabeled(raw: bytes, western: str = "cp1252") -> str:
    """Decode bytes as UTF-8; if that fails, as GBK if that is plausible Chinese; else by the code page `western`."""
    for encoding in ("utf-8", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or _is_sensible(text):
            return text
    return raw.decode(western, "replace")


def decode_file(data: bytes) -> str:
    """Decode a whole file, such as a CSV file, by its byte order mark; without a mark, guess the encoding."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff")
    if data[1:2] == b"\0" or data[:1] == b"\0":  # UTF-16 without a mark, whose first character is ASCII
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    return decode_unlabeled(data)


def _is_sensible(text: str) -> bool:
    """Return whether a text is plausible Chinese, and not western text whose bytes happen to be valid GBK."""
    foreign = [c for c in text if not c.isascii()]
    common = [c for c in foreign if c.encode("gb2312", "ignore")]
    return len(common) * 2 >= len(foreign) and all(unicodedata.east_asian_width(c) in "WFA" for c in foreign)
