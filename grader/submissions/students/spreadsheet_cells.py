"""Find ids that a spreadsheet program changes when it opens and saves a table, and compare them with changed cells.

Theory of operation
    The grader escapes the cells that it writes (`core.visible_text.escape_cell`): a cell is one line, without invisible
    characters, and starts no formula. A spreadsheet program then converts a cell that looks like a number, a date or a
    time, and saves the converted text: 007 becomes 7, 1e5 becomes 1.00E+05, 3-4 becomes 4-Mar. A number of twelve
    digits or more becomes 1.23457E+11, so that two ids may become the same text. Some programs remove an apostrophe at
    the start. `survives_spreadsheet` returns False for every id that one of these steps changes.
"""

from __future__ import annotations

import math
import re

from grader.core.visible_text import escape_cell, is_invisible, normalize

MAX_DIGITS = 11
"""Maximum number of digits in a number that Excel shows and saves with all its digits."""

SAFE_NUMBER = re.compile(rf"0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}}")
NUMBER = re.compile(r"[+-]?(?:\d[\d,.]*|[.,]\d+)(?:e[+-]?\d+)? ?%?")
MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
DATES = (
    re.compile(r"(?:\d{1,2}|\d{4})([-/. ])(?:\d{1,2}|\d{4})(?:\1(?:\d{1,2}|\d{4}))?"),
    re.compile(r"\d{1,4}:\d{1,2}(?::\d{1,2})?(?: ?[ap]m?)?"),
    re.compile(rf"(?:{MONTHS})[-/. ]?\d{{1,4}}"),
    re.compile(rf"\d{{1,4}}[-/. ]?(?:{MONTHS})(?:[-/. ]?\d{{1,4}})?"),
    re.compile(r"(?:\d{1,4}年)?\d{1,2}月(?:\d{1,2}日)?|\d{1,4}年"),
)
"""Dates and times in digits, with English names of months, and in Chinese."""
TRUTH_VALUES = ("true", "false")


def survives_spreadsheet(id_: str) -> bool:
    """Return whether an id in a CSV file stays the same when a spreadsheet program opens and saves the file."""
    if id_.isascii() and id_.isdecimal():
        return SAFE_NUMBER.fullmatch(id_) is not None
    is_plain = escape_cell(id_) == id_ and normalize("NFC", id_) == id_ and not id_.startswith("'")
    return is_plain and not _is_converted(id_) and not any(map(is_invisible, id_))


def may_become(id_: str, cell: str) -> bool:
    """Return whether a spreadsheet program may have saved an id as the text `cell`.

    A date may become any text with a digit, since the form of a date depends on the language of the program. Numbers
    are compared with the precision that Excel keeps.
    """
    if survives_spreadsheet(id_) or not _is_converted(id_):
        return False
    number, saved = _number(id_), _number(cell)
    if number is not None and saved is not None:
        return math.isclose(number, saved, rel_tol=1e-5)
    return number is None and any(map(str.isdecimal, cell))


def is_same_number(id_: str, cell: str) -> bool:
    """Return whether an id and a cell are two spellings of the same number, such as 1e5 and 100000."""
    number = _number(id_)
    return number is not None and number == _number(cell)


def _is_converted(id_: str) -> bool:
    text = normalize("NFKC", id_).casefold()
    if not any(map(str.isdecimal, text)):
        return text in TRUTH_VALUES
    if SAFE_NUMBER.fullmatch(text):
        return False
    return NUMBER.fullmatch(text) is not None or any(date.fullmatch(text) for date in DATES)


def _number(text: str) -> float | None:
    """Return the number in a text, with a decimal point or comma; None if the text is not a number."""
    text = normalize("NFKC", text).strip().lstrip("'")
    if "_" in text:  # float() accepts 2021_001, but a spreadsheet program does not
        return None
    try:
        number = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text.replace(",", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
