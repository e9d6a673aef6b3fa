"""What all pages share: templates that escape everything, and a policy that lets nothing of a student's be alive."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.core.language import translator
from grader.core.text import visible
from grader.faces.drawing import caption, draw
from grader.faces.pages.people import decimal, percent, points, signed, sort_key
from grader.faces.pages.words import kind_words, sandbox_warnings
from grader.judge.words import outcome_words


def environment_for(language: str) -> Environment:
    """Templates that escape everything, and speak the language."""
    tr = translator(language)
    environment = Environment(
        loader=PackageLoader("grader.faces.pages"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "points": points,
        "percent": percent,
        "decimal": decimal,
        "signed": signed,
        "key": sort_key,
        "whole": whole,
    }
    environment.globals |= {
        "_": tr,
        "draw": draw,
        "caption": caption,
        "language": language,
        "lang": "zh-CN" if language == "zh" else "en",
        "kinds": kind_words(tr),
        "outcomes": outcome_words(tr),
        "warnings": sandbox_warnings(tr),
    }
    return environment


def _shown(value: object) -> object:
    """What a template shows: text of which every character can be seen. Markup is ours, and stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def whole(text: str) -> Markup:
    """Text of several lines, all of which show what they hold; tabs stay, and so does an empty line at the start."""
    if not visible_throughout(text):
        text = "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))
    return Markup("\n") + escape(text)


def visible_throughout(text: str) -> bool:
    """Whether nothing but line ends and tabs would have to be made visible: so it is with nearly all code."""
    plain = text.replace("\n", "").replace("\t", "")
    return visible(plain) is plain


def policy_of(script: str) -> str:
    """The content security policy of a page that loads nothing and runs this script alone."""
    allowed = f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" if script else "'none'"
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; base-uri 'none'; form-action 'none'"
