"""Draw the pictures of `grading.verdicts.pictures` as inline SVG, for the card in a notebook and the class pages.

The pictures come from templates, not from matplotlib. matplotlib takes half a second to import, and 25 to 55 ms and
11 kB for one picture; a class of a thousand students has thousands of pictures. A template takes less than a
millisecond and 2 to 6 kB, adapts to the colors of the page and the width of a phone, and escapes student text. Only
YOURS and EXPECTED are fixed colors. All others are `currentColor`, the text color of the page.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec
from markupsafe import Markup

from grader.grading.verdicts.heat_map import HeatMap
from grader.grading.verdicts.pictures import Chain, Curve, Picture
from grader.rendering.pictures.captions import caption, legend, title
from grader.rendering.pictures.chains import lay_out_chain
from grader.rendering.pictures.curves import lay_out_curves
from grader.rendering.pictures.maps import lay_out_map
from grader.rendering.safe_templates import templates

__all__ = ["caption", "draw"]

YOURS, EXPECTED = "#d55e00", "#3b8fd4"
"""Colors of the student's and the expected values. Color-blind people can tell them apart, on white and on black."""


def draw(picture: Picture, language: str) -> Markup:
    """Return the picture as one `<svg>` element, with a title and a description for screen readers."""
    words = {"title": title(picture, language), "caption": caption(picture, language), **legend(language)}
    match picture:
        case Chain():
            template, layout = "chain.svg", lay_out_chain(picture)
        case Curve():
            template, layout = "curve.svg", lay_out_curves(picture)
        case HeatMap():
            template, layout = "map.svg", lay_out_map(picture, words)
    name = f"picture-{sha256(msgspec.msgpack.encode(picture) + language.encode()).hexdigest()[:12]}"
    return Markup(
        templates("grader.rendering.pictures", language)
        .get_template(template)
        .render(name=name, words=words, mine=YOURS, right=EXPECTED, **layout)
    )
