"""What all pages share: templates that escape everything, and a policy that lets nothing of a student's be alive."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256

from jinja2 import Environment
from markupsafe import Markup, escape

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.grading.verdicts.outcome_words import outcome_words
from grader.rendering.pictures.svg import caption, draw
from grader.rendering.safe_templates import templates
from grader.reports.pages.page_words import kind_words, sandbox_warnings
from grader.reports.pages.student_totals import decimal, percent, points, signed, sort_key


def environment_for(language: str) -> Environment:
    """Templates that escape everything, and speak the language."""
    tr = translator(language)
    environment = templates("grader.reports.pages", language)
    environment.filters |= {
        "points": points,
        "percent": percent,
        "decimal": decimal,
        "signed": signed,
        "key": sort_key,
        "whole": whole,
    }
    environment.globals |= {
        "draw": draw,
        "caption": caption,
        "language": language,
        "kinds": kind_words(tr),
        "outcomes": outcome_words(tr),
        "warnings": sandbox_warnings(tr),
    }
    environment.globals["good"] = _good(environment)
    return environment


def read_templates(language: str) -> None:
    """Have all templates compiled: for a moment in which there is nothing else to do."""
    environment = environment_for(language)
    for name in environment.list_templates(["html"]):
        environment.get_template(name)


def _good(environment: Environment) -> Callable[[str, float, float], Markup]:
    """A check that passed looks the same for everybody, and most do: each is rendered once."""
    template = environment.get_template("good.html")

    @lru_cache(maxsize=4096)
    def good(claim: str, earned: float, most: float) -> Markup:
        return Markup(template.render(claim=claim, earned=earned, most=most))

    return good


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
