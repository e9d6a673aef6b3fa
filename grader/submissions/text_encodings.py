"""Text of programs that do not say how they encode it: UTF-8 if it can be that, else GBK, else a western table."""

from __future__ import annotations

import codecs
import unicodedata

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What a text begins with that says how it is encoded; the longer first, since one begins like another."""


def legacy_text(raw: bytes, western: str = "cp1252") -> str:
    """The text that was meant. `western` is the table that is taken when nothing else fits."""
    for encoding in ("utf-8", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or _is_sensible(text):
            return text
    return raw.decode(western, "replace")


def file_text(data: bytes) -> str:
    """The text of a whole file, such as a spreadsheet program writes; a mark at its beginning is obeyed."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff")
    if data[1:2] == b"\0" or data[:1] == b"\0":  # UTF-16 without its mark: a header begins with a plain letter
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    return legacy_text(data)


def _is_sensible(text: str) -> bool:
    """Whether a text is Chinese as it is written, and no western text that happens to be valid GBK."""
    foreign = [c for c in text if not c.isascii()]
    common = [c for c in foreign if c.encode("gb2312", "ignore")]
    return len(common) * 2 >= len(foreign) and all(unicodedata.east_asian_width(c) in "WFA" for c in foreign)
