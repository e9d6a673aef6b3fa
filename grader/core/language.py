"""The language of the texts that people read: choose it, and translate messages into it.

Messages of the grader are in English and Simplified Chinese, translated by gettext catalogs (grader/locale). Claims,
hints and titles are in the languages that a course declares (`core.text`). A reader may ask for any language; a text
that does not exist in that language is shown in English.
"""

from __future__ import annotations

import gettext
import locale
import os
import re
from collections.abc import Callable, Mapping
from functools import cache

from grader.core.package_paths import PACKAGE
from grader.core.text import ENGLISH

LANGUAGES = (ENGLISH, "zh")
"""The languages of the grader's own messages."""

VARIABLE = "AUTOGRADED_LANG"
"""Name of the environment variable that sets the language."""
LOCALE_DIR = PACKAGE / "locale"

_CODE = re.compile(r"[a-z]{2,3}")
_FULL_NAMES = {"chinese": "zh"}
"""Language codes for names of Windows locales that `locale.normalize` does not know."""


def is_language_code(text: str) -> bool:
    """Return whether a text has the form of a language code: two or three lower-case letters."""
    return _CODE.fullmatch(text) is not None


def language_code(name: str) -> str | None:
    """Return the code of a locale's language: "de" for "de_DE.UTF-8", "DE-at" and "German_Austria".

    Returns None for a name without a language, such as "C" or "POSIX".
    """
    first = _first_word(name)
    codes = (first, _FULL_NAMES.get(first, ""), _first_word(locale.normalize(first)))
    return next(filter(is_language_code, codes), None)


def choose_language(asked: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Return the code of the reader's language.

    The code is `asked` (option --lang); without this option, the environment variable AUTOGRADED_LANG; without both,
    the language of the system's locale. A name without a language gives English.
    """
    system = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), None)
    for name in (asked, environment.get(VARIABLE), system or locale.getlocale()[0]):
        if name:
            return language_code(name) or ENGLISH
    return ENGLISH


@cache
def translator(language: str) -> Callable[[str], str]:
    """Return a function that translates English messages into a language; without a translation, they stay English."""
    if language != "zh":
        return lambda text: text
    return gettext.translation("grader", LOCALE_DIR, ["zh_CN"], fallback=True).gettext


def _first_word(name: str) -> str:
    return re.split(r"[^a-z]", name.lower(), maxsplit=1)[0]
