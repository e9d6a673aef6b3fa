"""Templates that show student text: they escape every value and make every character visible."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.core.language import translator
from grader.core.visible_text import visible


@cache
def templates(package: str, language: str) -> Environment:
    """Return the templates in a package's folder `templates`, with messages in this language.

    In a template, `lang` is the language of the messages.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("grader.rendering")]),
        autoescape=True,
        finalize=_make_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # with True, each use of a template checks on disk whether its file has changed
        bytecode_cache=_bytecode_cache(),
    )
    environment.globals |= {"_": translator(language), "lang": "zh-CN" if language == "zh" else "en"}
    return environment


def _bytecode_cache() -> FileSystemBytecodeCache | None:
    """Keep compiled templates where Python keeps its compiled modules, if this user may write there.

    All templates of the pages take 0.2 s to compile. jinja2 compiles a template again when its text has changed.
    """
    folder = Path(cache_from_source(__file__)).parent
    may_write = not sys.dont_write_bytecode and folder.is_dir() and os.access(folder, os.W_OK)
    return FileSystemBytecodeCache(str(folder)) if may_write else None


def _make_visible(value: object) -> object:
    """Return a text with every character made visible. Markup is made by the grader itself, so it stays unchanged."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
