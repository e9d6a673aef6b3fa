"""Which ids a spreadsheet program changes when it opens and saves a table, and what it may make of them.

Theory of operation
    The grader cleans the cells that it writes (`core.visible_text.escape_cell`): a cell is one line, shows every
    character, and starts no formula. Spreadsheet programs then read a cell that looks like a number, a date or a time
    as such, and save what they show: 007 becomes 7, 1e5 becomes 1.00E+05, 3-4 becomes 4-Mar, and a number of twelve
    digits or more becomes 1.23457E+11, so that two ids become one text. Some programs take a leading apostrophe away.
    `survives_spreadsheet` is false for every id that one of these steps changes.
"""

from __future__ import annotations

import math
import re

from grader.core.visible_text import escape_cell, is_invisible, normalize

MAX_DIGITS = 11
"""Maximum number of digits of a number that Excel shows and saves in full."""

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
    """Return whether an id is the same text after a spreadsheet program has saved it as a cell of a CSV file."""
    if id_.isascii() and id_.isdecimal():
        return SAFE_NUMBER.fullmatch(id_) is not None
    is_plain = escape_cell(id_) == id_ and normalize("NFC", id_) == id_ and not id_.startswith("'")
    return is_plain and not _is_converted(id_) and not any(map(is_invisible, id_))


def may_become(id_: str, cell: str) -> bool:
    """Return whether a spreadsheet program may have saved an id as this other text, because it read it as a value.

    A date may become any text with a digit, since the form of a date depends on the language of the program. Of a
    number, only the digits that Excel keeps are compared.
    """
    if survives_spreadsheet(id_) or not _is_converted(id_):
        return False
    number, saved = _number(id_), _number(cell)
    if number is not None and saved is not None:
        return math.isclose(number, saved, rel_tol=1e-5)
    return number is None and any(map(str.isdecimal, cell))


def is_same_number(id_: str, cell: str) -> bool:
    """Return whether an id and a cell are one number in two spellings, such as 1e5 and 100000."""
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
    """Return the number that a text spells, with a point or a comma; None if the text is no number."""
    text = normalize("NFKC", text).strip().lstrip("'")
    try:
        number = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text.replace(",", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
