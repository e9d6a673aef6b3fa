"""The backward graph as a picture, and the examples of the notebooks that draw it."""

import json
import xml.etree.ElementTree as ET

import torch
from torch import nn

from grader.learner.graph_picture import MAX_NODES, draw_graph
from tests.tools import TESTS, command

NOTEBOOKS = sorted((TESTS.parent / "exercises" / "notebooks").glob("*.ipynb"))
RUN = """
import json, sys
import matplotlib; matplotlib.use("Agg")
for path in sys.argv[1:]:
    space = {"__name__": "__main__"}
    for cell in json.load(open(path, encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code" and not cell["id"].startswith("check_"):
            try:
                exec(compile("".join(cell["source"]), cell["id"], "exec"), space)
            except BaseException as error:
                print(path, cell["id"], type(error), error)
    print("ran", path)
"""


def texts(picture):
    return [element.text for element in ET.fromstring(picture._repr_svg_()).iter() if element.tag.endswith("text")]


def test_every_node_has_a_box_and_parameters_their_names():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    words = texts(draw_graph(net(torch.ones(1, 2)).sum(), net))
    assert words.count("AddmmBackward0") == 2
    assert words.count("AccumulateGrad") == 4
    assert {"0.weight", "0.bias", "2.weight", "2.bias", "[0]", "[1]", "[2]"} <= set(words)


def test_a_node_that_many_paths_reach_is_drawn_once():
    h = torch.ones(1, requires_grad=True)
    for _ in range(60):
        h = h + h
    assert texts(draw_graph(h)).count("AddBackward0") == 60


def test_a_huge_graph_is_cut_and_a_missing_graph_is_reported():
    h = torch.ones(1, requires_grad=True)
    for _ in range(3000):
        h = h * 1.0
    picture = draw_graph(h)
    assert len(picture.boxes) == MAX_NODES
    assert repr(picture).endswith("…")
    assert repr(draw_graph(torch.ones(1))) == "no graph: grad_fn is None"


def test_names_of_parameters_are_escaped():
    net = nn.Module()
    net.register_parameter("<b>", nn.Parameter(torch.ones(1)))
    (weight,) = net.parameters()
    assert "<b>" in texts(draw_graph(weight * 2, net))


def test_every_example_of_the_notebooks_runs_without_an_answer(tmp_path):
    assert len(NOTEBOOKS) == 9
    ran = command("-W", "ignore", "-c", RUN, *NOTEBOOKS, cwd=tmp_path, PYTHONPATH=str(TESTS.parent))
    lines = ran.stdout.splitlines()
    assert [line for line in lines if line.startswith("ran ")] == [f"ran {path}" for path in NOTEBOOKS]
    assert not [line for line in lines if "<class '" in line]


def test_every_function_has_a_lesson_in_both_languages():
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        ids = [cell["id"] for cell in cells]
        for answer in (cell["id"] for cell in cells if cell["metadata"].get("nbgrader", {}).get("solution")):
            idea = "".join(cells[ids.index(f"{answer}-1")]["source"])
            assert any("\u4e00" <= c <= "\u9fff" for c in idea)
            assert idea[0].isascii()
