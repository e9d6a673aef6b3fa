"""How the bytes of a source file become text: a table of real bytes, and what holds for every text."""

import codecs
import time

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from grader.core.reasons import Code, UnreadableError
from grader.core.source_encoding import (
    ENCODINGS,
    coding_line,
    decode_as,
    decode_source,
    encoding_remark,
    is_plain,
    readable_text,
)

CHINESE = "# 均方误差，学习率 α≤1\ndef f():\n    return '损失'\n"
FRENCH = "# donné\nx = 'café'\n"


def compiles(text):
    try:
        compile(text, "a.py", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


DECODED = {
    "UTF-8": (CHINESE.encode(), CHINESE, "utf_8", None),
    "UTF-8 with its mark": (CHINESE.encode("utf-8-sig"), CHINESE, "utf_8", None),
    "GBK": (CHINESE.encode("gbk"), CHINESE, "gb18030", Code.GUESSED_ENCODING),
    "GBK and its coding line": (f"# coding: gbk\n{CHINESE}".encode("gbk"), None, "gbk", Code.OTHER_ENCODING),
    "its coding line is the second": (f"#!\n#coding=cp936\n{CHINESE}".encode("gbk"), None, "gbk", Code.OTHER_ENCODING),
    "its coding line ends with CR": (f"#!\r#coding:gbk\r{CHINESE}".encode("gbk"), None, "gbk", Code.OTHER_ENCODING),
    "a coding line in the third line": (f"\n\n# coding: big5\n{CHINESE}".encode(), None, "utf_8", None),
    "Latin-1 as Emacs declares it": (
        f"# -*- coding: latin-1-unix -*-\n{FRENCH}".encode("latin-1"),
        None,
        "latin_1",
        None,
    ),
    "ASCII that is called Latin-1": (b"# coding: latin-1\nx = 1\n", None, "utf_8", None),
    "UTF-16": (CHINESE.encode("utf-16"), CHINESE, "utf_16_le", Code.OTHER_ENCODING),
    "big-endian UTF-16": (codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be"), CHINESE, "utf_16_be", None),
    "UTF-16 without its mark": (CHINESE.encode("utf-16-le"), CHINESE, "utf_16_le", Code.OTHER_ENCODING),
    "big-endian without its mark": (CHINESE.encode("utf-16-be"), CHINESE, "utf_16_be", Code.OTHER_ENCODING),
    "UTF-32": (CHINESE.encode("utf-32"), CHINESE, "utf_32_le", Code.OTHER_ENCODING),
    "Latin-1 in comment and string": (FRENCH.encode("latin-1"), FRENCH, "cp1252", Code.GUESSED_ENCODING),
    "an escape behind an accent": (b"x = '\xe9\\n'\n", "x = 'é\\n'\n", "cp1252", None),
    "an umlaut before a line break": ("# schön für\r\nx = 'ü'\r\n".encode("latin-1"), None, "cp1252", None),
    "a coding line that names another encoding": (
        f"# coding: utf-8\n{CHINESE}".encode("gbk"),
        None,
        "gb18030",
        Code.GUESSED_ENCODING,
    ),
    "a coding line with an unknown codec": (
        f"# coding: no-such\n{CHINESE}".encode(),
        None,
        "utf_8",
        Code.WRONG_CODING_LINE,
    ),
    "a byte order mark and another coding line": (
        codecs.BOM_UTF8 + f"# coding: gbk\n{CHINESE}".encode(),
        f"# coding: gbk\n{CHINESE}",
        "utf_8",
        Code.WRONG_CODING_LINE,
    ),
    "CR alone ends lines": (CHINESE.replace("\n", "\r").encode(), CHINESE.replace("\n", "\r"), "utf_8", None),
    "Big5": ("# 資料，平均\nx = 1\n".encode("big5"), None, "cp1252", Code.GUESSED_ENCODING),
    "Shift-JIS": ("# データの平均。\nx = 1".encode("shift_jis"), None, "gb18030", Code.GUESSED_ENCODING),
    "a surrogate in UTF-8": (b"x = '\xed\xa0\x80'\n", None, "cp1252", Code.GUESSED_ENCODING),
    "a stray null byte": (b"def f():\n    return 1\n\0\n", "def f():\n    return 1\n\0\n", "utf_8", None),
    "a bracket that GB18030 takes for a part of a character": (b"x = [1, \xe9]\n", None, "cp1252", None),
    "a name that is no GB18030": (b"x = '\xa6\xcc'; \xe9t\xe9 = 1\n", None, "cp1252", None),
}
"""Kind -> bytes, text (None: the bytes decoded with the encoding), encoding, remark (None: not tested, or none)."""


@pytest.mark.parametrize("kind", DECODED)
def test_a_file_is_read_as_people_save_it(kind):
    data, text, encoding, remark = DECODED[kind]
    found = decode_source(data, compiles)
    assert (found.encoding, found.text) == (encoding, data.decode(encoding) if text is None else text)
    assert decode_as(data, found.encoding) == found.text
    said = encoding_remark("a.py", data, found.encoding)
    if remark or encoding == "utf_8":
        assert (said.code if said else None) == remark
    else:
        assert said["encoding"] == ENCODINGS[encoding]


@pytest.mark.parametrize("kind", DECODED)
def test_strict_decoding_differs_only_for_files_that_are_not_plain(kind):
    data = DECODED[kind][0]
    try:
        strict = decode_source(data, compiles, strict=True)
    except UnreadableError:
        strict = None
    assert strict == decode_source(data, compiles) or not is_plain(data)


STRICTLY_REFUSED = {
    "UTF-16": (CHINESE.encode("utf-16"), Code.UTF16, {}),
    "UTF-32": (CHINESE.encode("utf-32"), Code.UTF16, {}),
    "GBK": (f"x = 1\n\n{CHINESE}".encode("gbk"), Code.UNDECODABLE, {"line": 3}),
    "a coding line that names another encoding": (
        f"# coding: utf-8\n{CHINESE}".encode("gbk"),
        Code.UNDECODABLE,
        {"line": 2},
    ),
    "a coding line with an unknown codec": (b"# coding: no-such\nx = 1\n", Code.CODING_LINE, {}),
    "a byte order mark and another coding line": (codecs.BOM_UTF8 + b"# coding: gbk\nx = 1\n", Code.CODING_LINE, {}),
}


@pytest.mark.parametrize("kind", STRICTLY_REFUSED)
def test_strict_decoding_refuses_what_python_refuses(kind):
    data, code, facts = STRICTLY_REFUSED[kind]
    with pytest.raises(UnreadableError) as error:
        decode_source(data, compiles, strict=True)
    assert (error.value.code, error.value.facts) == (code, facts)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (CHINESE.encode("utf-16") + b"\n", 4),
        (CHINESE.encode("utf-16-le") + b"\n", 4),
        (CHINESE.encode("utf-16-le") + b"x = '\0\x3d\xd8'\0", 4),
        (b"x = 1\r# \xff\x81\x8d\r", 2),
        (codecs.BOM_UTF8 + "x = '损失'\n".encode() + "# 损失".encode("gbk"), 2),
    ],
    ids=["UTF-16 of odd length", "without its mark", "a lone surrogate", "binary", "two encodings in one file"],
)
def test_what_cannot_be_decoded_is_refused_with_its_line(data, line):
    with pytest.raises(UnreadableError) as error:
        decode_source(data, compiles)
    assert (error.value.code, error.value.facts) == (Code.UNDECODABLE, {"line": line})
    assert readable_text(data)


ODD_CODECS = (
    "rot13",
    "unicode_escape",
    "raw_unicode_escape",
    "punycode",
    "idna",
    "utf-7",
    "utf-16",
    "hex",
    "cp037",
    "zip",
)


@pytest.mark.parametrize("codec", [*ODD_CODECS, "no-such", "undefined", "../x", "mbcs"])
def test_a_coding_line_with_a_codec_that_is_no_encoding_of_text_is_ignored_at_once(codec):
    data = f"# coding: {codec}\nx = '损失\\x41'\n".encode() + b"# \\u0041\n" * 100_000
    start = time.process_time()
    assert coding_line(data) == ""
    assert decode_source(data, compiles).text == data.decode()
    assert time.process_time() - start < 2


def test_decoding_a_hostile_megabyte_is_fast_with_every_encoding():
    start = time.process_time()
    for data in (b"\xff\x81\n" * 349_525, b"\x81\x30" * 524_288, b"# coding" * 131_072, b"\r" * 1_048_576):
        for encoding in ENCODINGS:
            decode_as(data, encoding)
        readable_text(data)
    assert time.process_time() - start < 15


IDEOGRAPHS = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5) | st.sampled_from(
    "，。；：？！（）《》、“”\u2018\u2019…—　"
)
ASCII = st.characters(min_codepoint=9, max_codepoint=126, exclude_categories=["Cc"]) | st.sampled_from("\n\r\t")
WESTERN = st.sampled_from("àâäæçéèêëîïôöœùûüÿñáíóúßåøÀÂÄÇÉÈÊÎÔÖÙÛÜÑÅØ«»„“”\u2019\u2013—…€°§£¿¡") | ASCII


@given(st.text() | st.text(ASCII))
@example("a = 1\r\nb = 2\r\r\n")
def test_every_text_in_utf8_is_read_as_it_is(text):
    assume("coding" not in text and "\0" not in text and not text.startswith("\ufeff"))
    assert decode_source(text.encode(), compiles).text == text


@given(st.text(IDEOGRAPHS | ASCII, min_size=1))
@example("朱镕基")
@example("學\\")
def test_every_chinese_text_in_gbk_is_read_as_it_is(text):
    data = text.encode("gbk")
    assume(
        "coding" not in text and all(data.count(escape) == text.count(escape.decode()) for escape in (b"\\n", b"\\r"))
    )
    try:
        data.decode()  # by chance, a few characters in GBK are other characters in UTF-8
    except UnicodeDecodeError:
        assert decode_source(data).text == text


@given(st.text(WESTERN), st.sampled_from(["latin-1", "cp1252", "iso8859-15"]))
@example("x = 'donné\\n'\n", "latin-1")
@example("# é\r\n# ü\n", "latin-1")
def test_no_western_text_loses_or_gains_a_line_break(text, encoding):
    data = text.encode(encoding, "replace")
    found = decode_source(data, compiles).text
    for line_break in ("\n", "\r", "\\n", "\\r"):
        assert found.count(line_break) == data.count(line_break.encode())
    assert len(found.splitlines()) == len(data.splitlines())


@given(st.binary())
def test_any_bytes_are_text_or_a_problem_with_a_line(data):
    try:
        found = decode_source(data, compiles)
    except UnreadableError as error:
        assert error.facts["line"] >= 1
    else:
        assert found.encoding in ENCODINGS
    assert isinstance(readable_text(data), str)
