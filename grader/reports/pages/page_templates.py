"""Templates of all pages with their filters, and the content security policy that allows only the script of a page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup, escape

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.rendering.pictures.svg import caption, draw
from grader.rendering.safe_templates import templates
from grader.reports.outcome_words import outcome_words
from grader.reports.pages.page_words import SYMBOLS, kind_words, sandbox_warnings
from grader.reports.pages.student_totals import format_decimal, format_percent, format_points, format_signed, sort_key


def environment_for(language: str) -> Environment:
    """Return the templates of the pages with their filters and words, in one language."""
    tr = translator(language)
    environment = templates("grader.reports.pages", language)
    environment.filters |= {
        "points": format_points,
        "percent": format_percent,
        "decimal": format_decimal,
        "signed": format_signed,
        "key": sort_key,
        "whole": multiline_text,
    }
    environment.globals |= {
        "draw": draw,
        "caption": caption,
        "language": language,
        "kinds": kind_words(tr),
        "symbols": SYMBOLS,
        "outcomes": outcome_words(tr),
        "warnings": sandbox_warnings(tr),
    }
    environment.globals["good"] = _passed_check_renderer(environment)
    return environment


def compile_templates(language: str) -> None:
    """Compile all templates before they are needed, while the workers start."""
    environment = environment_for(language)
    for name in environment.list_templates(["html"]):
        environment.get_template(name)


def _passed_check_renderer(environment: Environment) -> Callable[[str, float, float], Markup]:
    """Return a function that renders a passed check.

    The results of the returned function are cached, because all students get the same text.
    """
    template = environment.get_template("good.html")

    @lru_cache(maxsize=4096)
    def render_passed_check(claim: str, earned: float, most: float) -> Markup:
        return Markup(template.render(claim=claim, earned=earned, most=most))

    return render_passed_check


def multiline_text(text: str) -> Markup:
    """Return a text of several lines, escaped for a `pre` element, with invisible characters made visible.

    Tabs stay. The text begins with a line end, which `pre` drops, so that a first empty line is not lost.
    """
    if not is_all_visible(text):
        text = "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))
    return Markup("\n") + escape(text)


def is_all_visible(text: str) -> bool:
    """True if the text has no invisible characters apart from line ends and tabs, as nearly all code."""
    plain = text.replace("\n", "").replace("\t", "")
    return visible(plain) is plain


def read_script(name: str) -> str:
    """Return the text of one of the page scripts, which are in the folder of the templates."""
    return (Path(__file__).parent / "templates" / name).read_text("utf-8")


def security_policy(script: str) -> str:
    """Return a content security policy: the page loads nothing, and runs only this script (empty: no script)."""
    allowed = f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" if script else "'none'"
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; base-uri 'none'; form-action 'none'"
