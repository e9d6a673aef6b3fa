"""The language of what people read: English or Simplified Chinese.

The grader's own words are translated through gettext catalogues (grader/locale); claims, hints and docstrings of an
exercise stand in both languages beside it.
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
    """The language that was asked for, else AUTOGRADED_LANG, else the system's; English when none is known."""
    system = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), None)
    for wish in (asked, environment.get(VARIABLE), system or locale.getlocale()[0]):
        if wish:
            return "zh" if wish.lower().startswith(("zh", "chinese")) else "en"
    return "en"


@cache
def translator(language: str) -> Callable[[str], str]:
    """The function that translates the grader's own words; falls back to English."""
    if language != "zh":
        return lambda text: text
    return gettext.translation("grader", LOCALE_DIR, ["zh_CN"], fallback=True).gettext
