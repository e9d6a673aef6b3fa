"""Generated notebooks: they are valid for nbgrader, and a submitted notebook is graded even if its cells changed."""

import json

import pytest

from grader.course.notebooks import Edition, make_notebook
from grader.execution.guest.student_code.source_file import SourceFile
from grader.execution.guest.student_code.submitted_modules import SubmittedModules as Sources
from grader.submissions.submission import Submission
from tests.tools import SOLUTION, import_or_skip

nbformat = import_or_skip("nbformat")

ANSWERS = {
    "mean_square": SOLUTION[SOLUTION.index("def mean_square") : SOLUTION.index("def descend")],
    "descend": SOLUTION[SOLUTION.index("def descend") :],
}
SHOWING = """\
%matplotlib inline
import matplotlib.pyplot as plt
from IPython.display import display as show
from grader import draw_graph
figure, axes = plt.subplots()
axes.plot([1, 2], label="two")
plt.show()
show(figure)
display(axes)
draw_graph(torch.ones(1, requires_grad=True) * 2)
get_ipython().run_line_magic("timeit", "1")
"""


@pytest.fixture(scope="module")
def exercise_files(library):
    return library.exercise_files["ex1_small"]


@pytest.fixture(scope="module")
def student_notebook(exercise_files):
    return json.loads(make_notebook(exercise_files, Edition()))


def filled(notebook, answers=ANSWERS):
    cells = [cell | {"source": answers.get(cell["id"], cell["source"])} for cell in notebook["cells"]]
    return notebook | {"cells": cells}


def code(source):
    return {"cell_type": "code", "id": "more", "metadata": {}, "source": source, "outputs": [], "execution_count": 1}


def change(notebook, make):
    return notebook | {"cells": [new for cell in notebook["cells"] for new in make(cell)]}


def test_equal_input_gives_equal_bytes(exercise_files):
    assert make_notebook(exercise_files, Edition()) == make_notebook(exercise_files, Edition())


def test_nbformat_and_nbgrader_accept_each_edition(exercise_files):
    validator = import_or_skip("nbgrader.nbgraderformat").MetadataValidator()
    for edition in (Edition(), Edition("zh"), Edition(source=True)):
        notebook = nbformat.reads(make_notebook(exercise_files, edition).decode(), as_version=4)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        for cell in notebook.cells:
            validator.validate_cell(cell)
        graded = [cell.metadata.nbgrader for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
        assert [(cell.grade_id, cell.points) for cell in graded] == [("check_mean_square", 3), ("check_descend", 2)]


def test_cell_ids_are_unique_and_name_the_function(student_notebook):
    ids = [cell["id"] for cell in student_notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert {"setup", "mean_square", "check_mean_square"} <= set(ids)


def test_student_notebooks_hold_no_solution_and_only_the_requested_language(exercise_files):
    both, en, zh = (make_notebook(exercise_files, Edition(language)).decode() for language in (None, "en", "zh"))
    for text in (both, en, zh):
        assert "numel" not in text
        assert "score(" not in text
        assert "SOLUTION" not in text
    assert 'check(mean_square, lang=\\"zh\\")' in zh
    assert "# 小练习" in zh and "Small things" not in zh
    assert "Run the next cell first" in en and "请先" not in en
    assert "Run the next cell first" in both and "请先" in both
    docstrings = {"en": "Return the mean of the squared", "zh": "返回各元素平方的平均值"}
    assert all(text in both for text in docstrings.values()) and "中文 (zh)" in both
    assert docstrings["en"] in en and docstrings["zh"] not in en and "(zh)" not in en
    assert docstrings["zh"] in zh and docstrings["en"] not in zh and "(zh)" not in zh
    source = make_notebook(exercise_files, Edition("zh", source=True)).decode()
    assert docstrings["zh"] in source and docstrings["en"] not in source and "BEGIN SOLUTION" in source


def deformed(notebook):
    """Yield changed copies of a notebook, as students hand them in, each with a name."""
    right = filled(notebook)
    no_ids = change(right, lambda cell: [{k: v for k, v in cell.items() if k != "id"}])
    split = filled(notebook, ANSWERS | {"mean_square": "def mean_square(x):\n    return helper(x)"})
    helper = code(ANSWERS["mean_square"].replace("mean_square", "helper"))
    yield "as it is", right
    yield "duplicated", change(right, lambda cell: [cell, cell])
    yield "without ids", no_ids | {"nbformat_minor": 2}
    yield "without metadata", change(right, lambda cell: [cell | {"metadata": {}}])
    yield "checks deleted", change(right, lambda cell: [] if cell["id"].startswith("check") else [cell])
    yield "split", change(split, lambda cell: [cell, helper] if cell["id"] == "mean_square" else [cell])
    yield "in reverse", right | {"cells": right["cells"][::-1]}
    yield "with outputs", change(right, lambda cell: [cell | {"outputs": [{"output_type": "nonsense"}]}])
    yield "with things to see", change(right, lambda cell: [cell, code(SHOWING)] if cell["id"] == "setup" else [cell])
    ends = [code("1 / 0"), code("import sys\nsys.exit(1)"), code("def broken(:\n"), code("await nothing")]
    yield "with cells that fail", right | {"cells": [ends[2], *right["cells"], *ends, code("print('on')")]}
    yield "format 3", nbformat.convert(nbformat.reads(json.dumps(right), as_version=4), 3)


def test_a_notebook_is_graded_even_if_its_cells_changed(submission_grader, student_notebook):
    for name, notebook in deformed(student_notebook):
        data = json.dumps(notebook).encode()
        files = [("ex1_small.ipynb", lambda data=data: data)]
        handed_in = Submission(name, None, (), list_files=lambda _, files=files: iter(files))
        scores = [record.score for record in submission_grader.grade(handed_in).records]
        assert scores == [3.0, 2.0], (name, submission_grader.grade(handed_in).records)


def test_the_answer_is_graded_whether_it_is_in_the_file_or_in_the_notebook(
    submission_grader, exercise_files, student_notebook
):
    stub, answer = exercise_files.stub.encode(), exercise_files.solution.encode()
    unchanged, done = json.dumps(student_notebook).encode(), json.dumps(filled(student_notebook)).encode()
    for file, notebook, expected in [(stub, done, 5), (answer, unchanged, 5), (stub, unchanged, 0)]:
        files = [("exercises/ex1_small.py", file), ("exercises/notebooks/ex1_small.ipynb", notebook)]
        found = [(path, lambda data=data: data) for path, data in files]
        graded = submission_grader.grade(Submission("all", None, (), list_files=lambda _, found=found: iter(found)))
        assert sum(record.score for record in graded.records) == expected
        assert not any(entry.result.review_outcome for entry in graded.entries)


def test_two_answers_need_review(submission_grader, exercise_files, student_notebook):
    files = [
        ("ex1_small.py", exercise_files.solution.encode()),
        ("ex1_small.ipynb", json.dumps(filled(student_notebook)).encode()),
    ]
    contents = [(path, lambda data=data: data) for path, data in files]
    graded = submission_grader.grade(Submission("both", None, (), list_files=lambda _: iter(contents)))
    assert [entry.result.function for entry in graded.entries if entry.result.review_outcome] == [
        "mean_square",
        "descend",
    ]


def test_an_error_names_the_cell_and_the_line_in_it(submission_grader, student_notebook):
    wrong = filled(student_notebook, {"mean_square": "# -*- coding: gbk -*-\ndef mean_square(x):\n    return x / '均'"})
    sources = Sources([SourceFile("hw.ipynb", json.dumps(wrong).encode())])
    place = sources.locate({"mean_square": "ex1_small"})["mean_square"]
    assert sources.load("hw.ipynb") is None
    function = sources.function("mean_square", place)
    assert function.__code__.co_filename == "hw.ipynb[2]"
    data = json.dumps(wrong).encode()
    handed_in = Submission("wrong", None, (), list_files=lambda _: iter([("hw.ipynb", lambda: data)]))
    assert "cell 2, line 3: return x / '均'" in submission_grader.grade(handed_in).records[0].checks[0].message
