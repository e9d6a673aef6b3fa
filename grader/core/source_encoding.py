"""Decode the source files of submissions, by the same rule in grading, self-check, `grader similar` and pages.

Theory of operation
    `decode_source` tries the encoding of the byte order mark, the encoding of the coding line (PEP 263), UTF-16 without
    a mark, and UTF-8. The first of these encodings that decodes all bytes is chosen, even if the text does not compile.
    If none of them decodes the file, the encoding is guessed: GB18030 if this encoding gives a Chinese text, else
    Windows-1252. A guessed text must also compile. The caller passes the function `is_valid` that tests it, because
    only the process that runs student code may compile a submission.

    The process that runs student code reports the name of the encoding, one of ENCODINGS. The grader decodes the file
    with the reported encoding (`decode_as`); a wrong encoding only shows wrong characters on a page. A name from a
    student's file is never passed to Python's codec search, which could import a module of that name.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from encodings.aliases import aliases
from types import MappingProxyType

from grader.core.reasons import Code, Reason, UnreadableError

UTF_8, UTF_16_LE, UTF_16_BE, GB18030, WINDOWS = "utf_8", "utf_16_le", "utf_16_be", "gb18030", "cp1252"

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf_32_le"),
    (codecs.BOM_UTF32_BE, "utf_32_be"),
    (codecs.BOM_UTF16_LE, UTF_16_LE),
    (codecs.BOM_UTF16_BE, UTF_16_BE),
)
"""(byte order mark, encoding). UTF-32 LE comes before UTF-16 LE, because the mark of UTF-32 LE begins with FF FE, the
mark of UTF-16 LE."""

DECLARABLE = MappingProxyType(
    {UTF_8: "UTF-8", "ascii": "ASCII", "latin_1": "ISO-8859-1"}
    | {f"iso8859_{part}": f"ISO-8859-{part}" for part in (*range(2, 12), *range(13, 17))}
    | {f"cp{page}": f"Windows-{page}" for page in (874, *range(1250, 1259))}
    | {f"cp{page}": f"CP{page}" for page in (437, 850, 852, 855, 858, 866, 1125)}
    | {"koi8_r": "KOI8-R", "koi8_u": "KOI8-U", "mac_roman": "Macintosh", "mac_cyrillic": "Mac Cyrillic"}
    | {"gb2312": "GB2312", "gbk": "GBK", GB18030: "GB18030", "big5": "Big5", "big5hkscs": "Big5-HKSCS"}
    | {"cp950": "CP950", "shift_jis": "Shift_JIS", "cp932": "CP932", "euc_jp": "EUC-JP"}
    | {"euc_kr": "EUC-KR", "cp949": "CP949"}
)
"""Encodings that a coding line may name, with their names for people: the encodings in which editors save files.

Python knows more encodings. A coding line that names one of them is ignored: binary transforms and escapes (rot13,
unicode_escape) are no encodings of saved text, punycode takes quadratic time, and a file in UTF-16 or EBCDIC cannot
have a coding line in ASCII.
"""

ENCODINGS = MappingProxyType(
    dict(DECLARABLE)
    | dict.fromkeys((UTF_16_LE, UTF_16_BE), "UTF-16")
    | dict.fromkeys(("utf_32_le", "utf_32_be"), "UTF-32")
)
"""All encodings that the grader reads: Python's name -> name for people."""

_NAMES = {alias: name for alias, name in aliases.items() if name in DECLARABLE} | {name: name for name in DECLARABLE}

CODING_LINE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
COMMENT_OR_BLANK = re.compile(rb"[ \t\f]*(?:#|$)")
LINE_END = re.compile(rb"\r\n?|\n")
CODING_LINE_BYTES = 4096
"""Bytes at the start of a file that are searched for the coding line. The first two lines of real files are shorter."""

_CHINESE = re.compile(
    "[\x00-\x7f"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af\u3005-\u3007"  # ideographs
    "\u3000-\u3004\u3008-\u301f\ufe30-\ufe4f\uff01-\uff5e\uffe0-\uffe6"  # full-width punctuation, letters and digits
    "\u2013-\u2016\u2018\u2019\u201c\u201d\u2025\u2026\u2030\u2032\u2033\u203b\u00b7"  # punctuation that Chinese shares
    "\u00a7\u00b0\u00b1\u00d7\u00f7\u0391-\u03c9\u2103\u2116\u2190-\u2193\u2200-\u22bf"  # signs of formulas
    "\u2460-\u249b\u3220-\u3229\u2160-\u216b\u2500-\u257f\u25a0-\u25cf\u2605\u2606]*"  # circled numbers, table lines
)
"""A text of ASCII, Chinese characters, and the full-width signs of a Chinese keyboard.

Kana and accented letters are left out, because the bytes of a Japanese or western file are often valid GB18030, too.
"""

LINE_BREAKS = ("\n", "\r", "\\n", "\\r")
"""Line breaks, and escapes of line breaks in a string.

A backslash may be the second byte of a character in GB18030. So a file in Latin-1 with the string `'\u00e9\\n'` is also
valid GB18030, but its text then lacks the escape.
"""


@dataclass(frozen=True)
class DecodedSource:
    """Text of a file, without its byte order mark, and its encoding, a key of ENCODINGS."""

    text: str
    encoding: str


def decode_source(
    data: bytes, is_valid: Callable[[str], bool] | None = None, *, strict: bool = False, notebook: bool = False
) -> DecodedSource:
    """Decode a file by the rule of this module. Raises UnreadableError with the line that cannot be decoded.

    is_valid: function that says whether a text compiles (for a notebook: whether it is JSON). `is_valid` is called only
        for guessed texts. If `is_valid` accepts none of these texts, the first guess is returned, so that its error is
        reported. None accepts every text.
    strict: True to guess no encoding, and to accept a Python file only if Python itself can read it (so not UTF-16).
    notebook: True for a notebook, which has no coding line.
    """
    coding = None if notebook else coding_line(data)
    mark = _mark(data)
    if mark is None and b"\0" not in data and coding in (None, UTF_8):  # this holds for nearly every file
        try:
            return DecodedSource(data.decode(UTF_8), UTF_8)
        except UnicodeDecodeError:
            if strict:
                raise _undecodable(data, UTF_8) from None
    if strict and not notebook:
        return _decode_strictly(data, mark, coding)
    wide = mark if mark not in (None, UTF_8) else _utf_16_without_mark(data)
    # A file that is clearly UTF-16 or UTF-32 is decoded as such or not at all, even if it is damaged.
    for encoding in dict.fromkeys([wide] if wide else filter(None, (mark, coding, UTF_8))):
        if (text := _decode(data, encoding)) is not None:
            return DecodedSource(text, encoding if wide or not data.isascii() else UTF_8)
    if not strict and not wide and (guesses := [*_guesses(data)]):
        return next((guess for guess in guesses if is_valid is None or is_valid(guess.text)), guesses[0])
    raise _undecodable(data, wide or UTF_8)


def _decode_strictly(data: bytes, mark: str | None, coding: str | None) -> DecodedSource:
    """Decode a Python file with a mark, a coding line or null bytes as Python itself does. Raises UnreadableError."""
    if mark not in (None, UTF_8):
        raise UnreadableError(Code.UTF16)
    encoding = UTF_8 if coding is None else coding
    text = _decode(data, encoding) if encoding and mark in (None, encoding) else None
    if text is None and coding is None:
        raise _undecodable(data, UTF_8)
    if text is None:
        raise UnreadableError(Code.CODING_LINE)
    return DecodedSource(text, UTF_8 if data.isascii() else encoding)


def decode_as(data: bytes, encoding: str) -> str:
    """Decode a file with an encoding, even a wrong one: bytes that do not fit are replaced by U+FFFD.

    The byte order mark is left out. Raises KeyError if the encoding is not in ENCODINGS.
    """
    if encoding not in ENCODINGS:
        raise KeyError(encoding)
    return data.removeprefix(codecs.BOM_UTF8).decode(encoding, "replace").removeprefix("\ufeff")


def readable_text(data: bytes, is_valid: Callable[[str], bool] | None = None, *, notebook: bool = False) -> str:
    """Decode a file by the rule of this module; if that fails, replace the bytes that cannot be decoded by U+FFFD."""
    try:
        return decode_source(data, is_valid, notebook=notebook).text
    except UnreadableError:
        return decode_as(data, _mark(data) or UTF_8)


def coding_line(data: bytes) -> str | None:
    """Return the encoding that the coding line of a Python file names, or None if the file has no coding line.

    The result is an empty text if the line names an encoding that is not in DECLARABLE.
    """
    if b"coding" not in data[:CODING_LINE_BYTES]:
        return None
    lines = LINE_END.split(data[:CODING_LINE_BYTES].removeprefix(codecs.BOM_UTF8), 2)[:2]
    for line in lines:
        if found := CODING_LINE.match(line):
            return _encoding_named(found[1].decode("ascii", "replace"))
        if not COMMENT_OR_BLANK.match(line):
            return None
    return None


def is_plain(data: bytes) -> bool:
    """Return whether a file is UTF-8 without null bytes and without a coding line for another encoding.

    Strict and tolerant decoding give the same text for such a file.
    """
    if b"\0" in data or coding_line(data) not in (None, UTF_8):
        return False
    return data.isascii() or _decode(data, UTF_8) is not None


def encoding_remark(path: str, data: bytes, encoding: str) -> Reason | None:
    """Return the remark on a file that was decoded with `encoding`; None for UTF-8 without a wrong coding line.

    This function does not decode the file, so a wrong `encoding` gives a wrong remark and no error.
    """
    coding = None if path.lower().endswith(".ipynb") else coding_line(data)
    if encoding == UTF_8:
        is_right = coding in (None, UTF_8) or (coding and data.isascii())
        return None if is_right else Reason.of(Code.WRONG_CODING_LINE, file=path)
    is_known = encoding in (_mark(data), coding) or encoding.startswith("utf_")
    return Reason.of(
        Code.OTHER_ENCODING if is_known else Code.GUESSED_ENCODING, file=path, encoding=ENCODINGS[encoding]
    )


def _encoding_named(name: str) -> str:
    normal = re.sub(r"[-_.]+", "_", name.lower()).strip("_")
    for prefix, encoding in (("utf_8", UTF_8), ("latin_1", "latin_1"), ("iso_8859_1", "latin_1")):
        if f"{normal}_".startswith(f"{prefix}_"):  # Emacs appends the kind of line ends: utf-8-unix
            return encoding
    return _NAMES.get(normal, "")


def _mark(data: bytes) -> str | None:
    """Return the encoding that the byte order mark names, or None."""
    return next((encoding for mark, encoding in BYTE_ORDER_MARKS if data.startswith(mark)), None)


def _decode(data: bytes, encoding: str) -> str | None:
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def _utf_16_without_mark(data: bytes) -> str | None:
    """Return the encoding of a file that is UTF-16 without a mark, or None if it is not UTF-16.

    Code in UTF-16 is mostly ASCII, so nearly every other byte is NUL. At least a quarter of the characters must be
    ASCII, so that a file with a few stray NULs is not taken for UTF-16.
    """
    if b"\0" not in data:
        return None
    low_first, high_first = data[1::2].count(0), data[::2].count(0)
    many, few = max(low_first, high_first), min(low_first, high_first)
    if many < max(4, len(data) // 8) or 4 * few > many:
        return None
    return UTF_16_LE if low_first > high_first else UTF_16_BE


def _guesses(data: bytes) -> Iterator[DecodedSource]:
    """Yield the guessed texts of a file, the most plausible text first."""
    text = _decode(data, GB18030)
    if text is not None and _CHINESE.fullmatch(text) and _keeps_line_breaks(data, text):
        yield DecodedSource(text, GB18030)
    if (text := _decode(data, WINDOWS)) is not None:
        yield DecodedSource(text, WINDOWS)


def _keeps_line_breaks(data: bytes, text: str) -> bool:
    return all(data.count(line_break.encode()) == text.count(line_break) for line_break in LINE_BREAKS)


def _undecodable(data: bytes, encoding: str) -> UnreadableError:
    """Return the error with the number of the first line that cannot be decoded."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace").encode()
        return UnreadableError(Code.UNDECODABLE, line=len(LINE_END.findall(before)) + 1)
    return UnreadableError(Code.UNDECODABLE, line=1)
