"""Templates that show student text: they escape every value and make every character visible."""

from __future__ import annotations

from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
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
    )
    environment.globals |= {"_": translator(language), "lang": "zh-CN" if language == "zh" else "en"}
    return environment


def _make_visible(value: object) -> object:
    """Return a text with every character made visible. Markup is made by the grader itself, so it stays unchanged."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
