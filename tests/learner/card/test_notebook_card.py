"""The card of `check(f)` in a notebook that a Jupyter kernel runs."""

import nbclient
import nbformat
import pytest

from grader.core.language import VARIABLE
from tests.tools import WRONG_SUM, environment, hand_out

STUB = """
def descend(x, rate, steps):
    raise NotImplementedError("descend")
"""
HELPER = """
def helper(x):
    return x.sum() + missing
"""
USES_HELPER = """
def mean_square(x):
    return helper(x)
"""
CELLS = {
    "import": "import sys\nfrom grader import check\n'torch' in sys.modules",
    "wrong": f"{WRONG_SUM}\ncheck(mean_square)",
    "stub": f"{STUB}\ncheck(descend)",
    "helper": HELPER,
    "two cards": f"{USES_HELPER}\nfor function in (mean_square, descend):\n    check(function, lang='zh')\n'done'",
    "kept": "card = check(descend)",
    "again": "card",
    "twice in a cell": "card = check(descend)\ncard",
    "not a function": "check('mean_square')",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Outputs of the cells by name; no cell raised."""
    folder = hand_out(tmp_path_factory.mktemp("notebook")) / "exercises"
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment(**{VARIABLE: "en"}))
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


def shown(outputs):
    """Return the cards of a cell: (HTML, plain text) of each."""
    cards = [output["data"] for output in outputs if "text/html" in output.get("data", {})]
    return [(data["text/html"], data["text/plain"]) for data in cards]


def test_importing_check_costs_no_import_of_torch(outputs):
    assert outputs["import"][0]["data"]["text/plain"] == "False"


def test_a_cell_shows_one_card_with_claim_marks_relation_and_hint(outputs):
    ((page, text),) = shown(outputs["wrong"])
    assert page.startswith('<section class="autograded-card" lang="en">')
    for words in (
        "The result is the mean of the squares",
        "result = mean_square(x)",
        "should the mean double?",
        "6 times the expected value; x has 6 elements",
    ):
        assert words in page
    assert text.startswith("mean_square  0.00 / ") and "hint    Twice as many" in text


def test_a_stub_is_not_started(outputs):
    ((page, text),) = shown(outputs["stub"])
    assert "not started" in page and "✗" not in page
    assert "· not started" in text


def test_an_error_in_another_cell_is_shown_with_its_line(outputs):
    ((_, text), _) = shown(outputs["two cards"])
    assert "NameError: name 'missing' is not defined\n      第 2 行：return x.sum() + missing" in text


def test_all_cards_of_a_loop_are_shown_in_the_requested_language(outputs):
    cards = shown(outputs["two cards"])
    assert ['lang="zh-CN"' in page for page, _ in cards] == [True, True]
    assert outputs["two cards"][-1]["data"]["text/plain"] == "'done'"


def test_a_card_is_shown_once_in_a_cell_and_again_in_another_cell(outputs):
    assert [len(shown(outputs[name])) for name in ("kept", "again", "twice in a cell")] == [1, 1, 1]


def test_a_wrong_argument_does_not_end_the_cell(outputs):
    ((page, text),) = shown(outputs["not a function"])
    assert text == "mean_square: this is a name, not the function: write check(mean_square)"
    assert "check(mean_square)" in page
