"""Pictures as inline SVG: well-formed, inert, described in words, and cheap enough for a class of a thousand."""

import itertools
import time
from xml.etree import ElementTree

import pytest

from grader.grading.verdicts.heat_map import HeatMap
from grader.grading.verdicts.pictures import Chain, Curve
from grader.rendering.pictures.svg import caption, draw

HOSTILE = "</text><script>alert(1)</script>\"'&"
SVG = "{http://www.w3.org/2000/svg}"
PICTURES = {
    "chain": Chain("by default", ("A", "B"), ("A", "C", "D"), first_wrong=1, lengths=(2, 9)),
    "chain, cut": Chain("chain", ("A", "B"), ("A", "B", "C"), first_wrong=302, start=300, lengths=(302, 303)),
    "curve": Curve("p[1]", (1, 2, 10), (2.0, None, 19e30), (2.0, 4.0, 20.0), first_wrong=1),
    "flat curve": Curve("p", (1, 2, 3), (0.0, 0.0, 0.0), (0.0, 0.0, None), first_wrong=2),
    "no number": Curve("p", (1, 2, 3), (None, None, None), (None, None, None), first_wrong=0),
    "list": Curve("history", (0, 1, 2), (3.0, 2.0), (3.0, 2.0, 1.0), first_wrong=2, listed=True),
    "small map": HeatMap(
        "g", (2, 2), ((0, 100), (-40, None)), 3, 4, (1, 1), (("1", "7"), ("1", "nan")), (("1", "2"),) * 2
    ),
    "map": HeatMap("g", (20, 27), ((0, 1, -100) * 9,) * 20, 400, 540),
    "blocks": HeatMap("g", (200, 270), ((0, 1, -100) * 9,) * 20, 400, 54000, block=(10, 10)),
    "vector": HeatMap("g", (40,), ((0,) * 28, (0,) * 11 + (9,)), 1, 40),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_picture_is_one_well_formed_svg_with_title_and_description(name, language):
    picture = PICTURES[name]
    tree = ElementTree.fromstring(draw(picture, language))
    assert tree.tag == f"{SVG}svg" and tree.get("role") == "img"
    title, description = tree[0], tree[1]
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert tree.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert description.text.startswith(caption(picture, language))
    assert "width:100%" in tree.get("style")  # the colors are those of the page's theme


@pytest.mark.parametrize("name", PICTURES)
def test_everything_is_inside_the_picture(name):
    tree = ElementTree.fromstring(draw(PICTURES[name], "en"))
    _, _, width, height = map(float, tree.get("viewBox").split())
    for element in tree.iter():
        x, y = element.get("x", element.get("cx")), element.get("y", element.get("cy"))
        if x is not None:
            assert 0 <= float(x) + float(element.get("width", 0)) <= width, ElementTree.tostring(element)
            assert 0 <= float(y) + float(element.get("height", 0)) <= height, ElementTree.tostring(element)


def test_the_first_wrong_node_is_marked_and_read_out():
    tree = ElementTree.fromstring(draw(PICTURES["chain"], "en"))
    strong = [box for box in tree.iter(f"{SVG}rect") if box.get("stroke-width") == "2"]
    bold = [text.text for text in tree.iter(f"{SVG}text") if text.get("font-weight") == "700"]
    assert len(strong) == 2 and bold == ["B", "C"]
    assert (
        "by default: the two chains of operations differ from [1] on." in tree[1].text and "yours: B." in tree[1].text
    )


def test_a_value_far_beyond_the_others_is_cut_off_and_written_as_text():
    texts = [text.text for text in ElementTree.fromstring(draw(PICTURES["curve"], "en")).iter(f"{SVG}text")]
    assert "1.9e+31" in texts and "39.8" in texts  # the axis still covers the expected curve


def test_wrong_squares_have_a_sign_in_addition_to_the_color():
    texts = [text.text for text in ElementTree.fromstring(draw(PICTURES["vector"], "en")).iter(f"{SVG}text")]
    assert texts.count("+") == 1
    numbers = [text.text for text in ElementTree.fromstring(draw(PICTURES["small map"], "en")).iter(f"{SVG}text")]
    assert "7" in numbers and "(2)" in numbers


def test_text_of_a_student_is_never_markup():
    chain = Chain(HOSTILE, (HOSTILE, "\u202e\x07"), ("A", "B"), 0, lengths=(2, 2))
    small = HeatMap(HOSTILE, (1, 2), ((1, 2),), 2, 2, (1, 1), ((HOSTILE, "1"),), (("1", HOSTILE),))
    for picture in (chain, small, Curve(HOSTILE, (1, 2, 3), (1.0,) * 3, (2.0,) * 3, 0)):
        drawn = draw(picture, "en")
        assert "<script" not in drawn and "\u202e" not in drawn and "\x07" not in drawn
        allowed = {"svg", "title", "desc", "text", "tspan", "g", "path", "rect", "circle"}
        assert {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(drawn).iter()} <= allowed


def test_two_pictures_of_a_page_have_different_ids():
    ids = [ElementTree.fromstring(draw(picture, "en"))[0].get("id") for picture in PICTURES.values()]
    assert len(set(ids)) == len(ids)


def test_a_picture_costs_a_millisecond_or_so():
    for picture in PICTURES.values():
        draw(picture, "en")
    started = time.process_time()
    for picture, _ in itertools.product(PICTURES.values(), range(20)):
        draw(picture, "en")
    assert (time.process_time() - started) / (20 * len(PICTURES)) < 0.008  # matplotlib takes 25 to 55 ms
