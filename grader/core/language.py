"""The language of what people read: English or Simplified Chinese.

Messages of the grader are translated by gettext catalogs (grader/locale). Claims, hints and docstrings of an exercise
are written in both languages in the course.
"""

from __future__ import annotations

import gettext
import locale
import os
from collections.abc import Callable, Mapping
from functools import cache

from grader.core.package_paths import PACKAGE

LANGUAGES = ("en", "zh")
VARIABLE = "AUTOGRADED_LANG"
LOCALE_DIR = PACKAGE / "locale"


def choose_language(asked: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Return "en" or "zh": from `asked` (option --lang), else AUTOGRADED_LANG, else the system's locale."""
    system = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), None)
    for name in (asked, environment.get(VARIABLE), system or locale.getlocale()[0]):
        if name:
            return "zh" if name.lower().startswith(("zh", "chinese")) else "en"
    return "en"


@cache
def translator(language: str) -> Callable[[str], str]:
    """Return the function that translates a message into a language; a message without a translation stays English."""
    if language != "zh":
        return lambda text: text
    return gettext.translation("grader", LOCALE_DIR, ["zh_CN"], fallback=True).gettext
