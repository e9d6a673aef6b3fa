"""Draw the pictures of `grading.verdicts.pictures` as inline SVG, for the card and the class pages.

matplotlib would take 25 to 55 ms and 11 kB for one of these, and half a second to import; a class of a thousand has
thousands. A template takes well under a millisecond and 2 to 6 kB, follows the reader's colours and the width of a
phone, and escapes what came from a student. It knows no page: a colour that is not a signal is `currentColor`.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec
from markupsafe import Markup

from grader.grading.verdicts.heat_map import Map
from grader.grading.verdicts.pictures import Chain, Curve, Picture
from grader.rendering.pictures.captions import caption, legend, title
from grader.rendering.pictures.chains import chain_facts
from grader.rendering.pictures.curves import curve_facts
from grader.rendering.pictures.maps import map_facts
from grader.rendering.safe_templates import templates

__all__ = ["caption", "draw"]

YOURS, EXPECTED = "#d55e00", "#3b8fd4"
"""Told apart by colour-blind people too, and readable on white as well as on black."""


def draw(picture: Picture, language: str) -> Markup:
    """The picture as one `<svg>` element, with a title and a description for those who cannot see it."""
    words = {"title": title(picture, language), "caption": caption(picture, language), **legend(language)}
    match picture:
        case Chain():
            template, facts = "chain.svg", chain_facts(picture)
        case Curve():
            template, facts = "curve.svg", curve_facts(picture)
        case Map():
            template, facts = "map.svg", map_facts(picture, words)
    name = f"picture-{sha256(msgspec.msgpack.encode(picture) + language.encode()).hexdigest()[:12]}"
    return Markup(
        templates("grader.rendering.pictures", language)
        .get_template(template)
        .render(name=name, words=words, mine=YOURS, right=EXPECTED, **facts)
    )
