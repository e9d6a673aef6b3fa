"""Decode the source files of submissions as people save them: one rule for grading, self-check, `similar` and pages.

Theory of operation
    `decode_source` tries the byte order mark, the coding line (PEP 263), UTF-16 without a mark, and UTF-8. The first
    one that decodes all bytes is the encoding, whether the text compiles or not. If none of them decodes, nothing in
    the file says its encoding, so it is guessed: GB18030 if that gives Chinese, else Windows-1252. A guess must also
    compile; the caller passes `is_valid`, because only the process that runs student code may compile it.

    That process reports its choice, a name in ENCODINGS. The grader decodes with this name alone (`decode_as`), and a
    wrong name shows other characters on a page, nothing else. No name of a student reaches Python's search for codecs.
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
"""(byte order mark, encoding). UTF-32 LE must precede UTF-16 LE: its mark begins with the other mark, FF FE."""

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
"""Encodings that a coding line may name, with their names for people: those in which editors save.

Python knows more. The others are ignored: binary transforms and escapes (rot13, unicode_escape) are no encodings of
saved text, punycode takes quadratic time, and UTF-16 and EBCDIC cannot follow a coding line in ASCII.
"""

ENCODINGS = MappingProxyType(
    dict(DECLARABLE)
    | dict.fromkeys((UTF_16_LE, UTF_16_BE), "UTF-16")
    | dict.fromkeys(("utf_32_le", "utf_32_be"), "UTF-32")
)
"""All encodings that a file may have, by Python's names, with their names for people: a closed list."""

_NAMES = {alias: name for alias, name in aliases.items() if name in DECLARABLE} | {name: name for name in DECLARABLE}

CODING_LINE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
COMMENT_OR_BLANK = re.compile(rb"[ \t\f]*(?:#|$)")
LINE_END = re.compile(rb"\r\n?|\n")
MAX_CODING_LINES = 4096
"""Number of bytes in which the coding line is looked for: the first two lines that people write are shorter."""

_CHINESE = re.compile(
    "[\x00-\x7f"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af\u3005-\u3007"  # ideographs
    "\u3000-\u3004\u3008-\u301f\ufe30-\ufe4f\uff01-\uff5e\uffe0-\uffe6"  # full-width punctuation, letters and digits
    "\u2013-\u2016\u2018\u2019\u201c\u201d\u2025\u2026\u2030\u2032\u2033\u203b\u00b7"  # punctuation that Chinese shares
    "\u00a7\u00b0\u00b1\u00d7\u00f7\u0391-\u03c9\u2103\u2116\u2190-\u2193\u2200-\u22bf"  # signs of formulas
    "\u2460-\u249b\u3220-\u3229\u2160-\u216b\u2500-\u257f\u25a0-\u25cf\u2605\u2606]*"  # numbering, lines of boxes
)
"""A text of ASCII, Chinese characters, and the full-width signs of a Chinese keyboard. No kana and no accented letter:
Japanese and western files are also valid GB18030."""

LINE_BREAKS = ("\n", "\r", "\\n", "\\r")
"""Line breaks, also those written in a string. GB18030 takes a backslash for the second byte of a character, so a
Latin-1 `'\u00e9\\n'` is valid GB18030 without its line break."""


@dataclass(frozen=True)
class DecodedSource:
    """The text of a file without a byte order mark, and its encoding, a key of ENCODINGS."""

    text: str
    encoding: str


def decode_source(
    data: bytes, is_valid: Callable[[str], bool] | None = None, *, strict: bool = False, notebook: bool = False
) -> DecodedSource:
    """Decode a file by the rule of this module.

    is_valid: returns whether a text compiles (of a notebook: is JSON); called only with guesses. If it accepts none,
        the first guess is returned, so that its error is reported. None: every text is valid.
    strict: nothing is guessed, and a Python file must be readable by Python itself, so UTF-16 is rejected.
    notebook: the file has no coding line.
    Raises UnreadableError with the line that cannot be decoded.
    """
    coding = None if notebook else coding_line(data)
    mark = _mark(data)
    if mark is None and b"\0" not in data and coding in (None, UTF_8):  # nearly every file
        try:
            return DecodedSource(data.decode(UTF_8), UTF_8)
        except UnicodeDecodeError:
            if strict:
                raise _undecodable(data, UTF_8) from None
    if strict and not notebook:
        return _decode_strictly(data, mark, coding)
    wide = mark if mark not in (None, UTF_8) else _utf_16_without_mark(data)
    # UTF-16 leaves no doubt, and a damaged file must not pass for another encoding.
    for encoding in dict.fromkeys([wide] if wide else filter(None, (mark, coding, UTF_8))):
        if (text := _decode(data, encoding)) is not None:
            return DecodedSource(text, encoding if wide or not data.isascii() else UTF_8)
    if not strict and not wide and (guesses := [*_guesses(data)]):
        return next((guess for guess in guesses if is_valid is None or is_valid(guess.text)), guesses[0])
    raise _undecodable(data, wide or UTF_8)


def _decode_strictly(data: bytes, mark: str | None, coding: str | None) -> DecodedSource:
    """Decode a Python file with a mark, a coding line or null bytes as Python does. Raises UnreadableError."""
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
    """Decode with one of ENCODINGS, replacing what does not fit; the byte order mark is left out.

    The name may be wrong, but it must be in ENCODINGS: KeyError otherwise.
    """
    if encoding not in ENCODINGS:
        raise KeyError(encoding)
    return data.removeprefix(codecs.BOM_UTF8).decode(encoding, "replace").removeprefix("\ufeff")


def readable_text(data: bytes, is_valid: Callable[[str], bool] | None = None, *, notebook: bool = False) -> str:
    """Decode a file by the rule of this module for people; bytes that cannot be decoded are replaced."""
    try:
        return decode_source(data, is_valid, notebook=notebook).text
    except UnreadableError:
        return decode_as(data, _mark(data) or UTF_8)


def coding_line(data: bytes) -> str | None:
    """Return the encoding that the coding line of a Python file names; None without a coding line.

    Returns an empty text if the line names no encoding of DECLARABLE.
    """
    if b"coding" not in data[:MAX_CODING_LINES]:
        return None
    lines = LINE_END.split(data[:MAX_CODING_LINES].removeprefix(codecs.BOM_UTF8), 2)[:2]
    for line in lines:
        if found := CODING_LINE.match(line):
            return _encoding_named(found[1].decode("ascii", "replace"))
        if not COMMENT_OR_BLANK.match(line):
            return None
    return None


def is_plain(data: bytes) -> bool:
    """Return whether strict and tolerant decoding agree on a file: it is UTF-8 without null bytes or coding line."""
    if b"\0" in data or coding_line(data) not in (None, UTF_8):
        return False
    return data.isascii() or _decode(data, UTF_8) is not None


def encoding_remark(path: str, data: bytes, encoding: str) -> Reason | None:
    """Return the remark on a file that was decoded with `encoding`, or None for UTF-8 that is declared correctly.

    Nothing is decoded here, so a wrong encoding gives a wrong remark, and no error.
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
        if f"{normal}_".startswith(f"{prefix}_"):  # Emacs adds the line ends: utf-8-unix
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
    """Return the byte order of UTF-16 without a mark, or None: in code, a NUL is in nearly every other byte.

    A quarter of the characters must be ASCII, so that a stray NUL does not make UTF-16 of a file.
    """
    if b"\0" not in data:
        return None
    low_first, high_first = data[1::2].count(0), data[::2].count(0)
    many, few = max(low_first, high_first), min(low_first, high_first)
    if many < max(4, len(data) // 8) or 4 * few > many:
        return None
    return UTF_16_LE if low_first > high_first else UTF_16_BE


def _guesses(data: bytes) -> Iterator[DecodedSource]:
    """Yield the texts that the bytes may be, the most plausible first."""
    text = _decode(data, GB18030)
    if text is not None and _CHINESE.fullmatch(text) and _keeps_line_breaks(data, text):
        yield DecodedSource(text, GB18030)
    if (text := _decode(data, WINDOWS)) is not None:
        yield DecodedSource(text, WINDOWS)


def _keeps_line_breaks(data: bytes, text: str) -> bool:
    return all(data.count(line_break.encode()) == text.count(line_break) for line_break in LINE_BREAKS)


def _undecodable(data: bytes, encoding: str) -> UnreadableError:
    """Return the error that names the first line which cannot be decoded."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace").encode()
        return UnreadableError(Code.UNDECODABLE, line=len(LINE_END.findall(before)) + 1)
    return UnreadableError(Code.UNDECODABLE, line=1)
