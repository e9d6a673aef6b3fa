"""Templates that show what came from strangers: every text is escaped, and every character of it can be seen."""

from __future__ import annotations

from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.core.language import translator
from grader.core.visible_text import visible


@cache
def templates(package: str, language: str) -> Environment:
    """The templates beside a package, in a language. Their `lang` is that of the grader's own words on a page."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("grader.rendering")]),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # else every use of a template asks the disk whether it has changed
    )
    environment.globals |= {"_": translator(language), "lang": "zh-CN" if language == "zh" else "en"}
    return environment


def _shown(value: object) -> object:
    """What a template shows. Markup is ours, and stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
