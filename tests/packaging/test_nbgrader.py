"""nbgrader itself, unmodified, on a course that `grader release --nbgrader` wrote: the same scores as `grader grade`.

All tests share one course with one assignment, graded by one command: nbgrader takes seconds for each submission.
"""

import copy
import csv
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grader.core.errors import UsageError
from grader.exports.export_data import ClassResults, ExportOptions
from grader.exports.results_loader import StudentView, load_class_results
from grader.exports.targets.nbgrader import export
from grader.grading.policy.policy import Policy
from tests.fork_server.starting import forked
from tests.tools import (
    COURSE,
    GRADER,
    SOLUTION,
    environment,
    grader_command,
    import_or_skip,
    run_line,
    unwrapped,
    write_files,
)

pytestmark = pytest.mark.long

nbgrader_api = import_or_skip("nbgrader.api")
nbformat = import_or_skip("nbformat")

ASSIGNMENT = "ex1_small"
DESCEND = SOLUTION[SOLUTION.index("def descend") :]
MEAN_SQUARE = SOLUTION[SOLUTION.index("def mean_square") : SOLUTION.index("def descend")]
ANSWERS = {"mean_square": MEAN_SQUARE, "descend": DESCEND}
WRONG = {**ANSWERS, "mean_square": MEAN_SQUARE.replace(".mean()", ".sum()")}
PARTLY = {"mean_square": MEAN_SQUARE.replace("x.numel() == 0", "False")}
ENDLESS = {**ANSWERS, "descend": DESCEND.replace("steps -= 1", "pass")}
LOUD = {
    "mean_square": MEAN_SQUARE.replace("    ###", "    import os, sys, warnings\n    ###", 1).replace(
        "return (",
        "warnings.warn('loud')\n    print('louder', file=sys.stderr)\n    os.write(2, b'loudest')\n    return (",
    ),
    "descend": DESCEND,
}
ENDS_A_CELL = "import sys\nprint('about to leave')\nsys.exit(3)"
PLOTS = "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\naxes.plot([1, 2])\ndisplay(figure)\n1 / 0"


def filled(release, answers):
    """Return the released notebook with answers in their cells."""
    notebook = copy.deepcopy(release)
    for cell in notebook["cells"]:
        if cell["id"] in answers:
            cell["source"] = answers[cell["id"]]
    return notebook


def index(notebook, cell_id):
    return next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == cell_id)


def code(source):
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
        "id": "extra",
    }


def without(notebook, *cells):
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in cells]
    return notebook


def duplicated(notebook):
    """Duplicate every code cell with its id, as some editors do."""
    notebook["cells"] = [cell for cell in notebook["cells"] for _ in range(1 + (cell["cell_type"] == "code"))]
    return notebook


def with_cells(notebook, *sources):
    at = index(notebook, "check_mean_square")
    notebook["cells"][at:at] = [code(source) for source in sources]
    return notebook


def checks_first(notebook):
    notebook["cells"].sort(key=lambda cell: not cell["id"].startswith("check_"))
    return notebook


def old_format(notebook):
    """Return a notebook in the format of an editor without cell ids."""
    for cell in notebook["cells"]:
        del cell["id"]
    return notebook | {"nbformat_minor": 2}


def make_class(release):
    """Return {student: notebook}: the released notebook, changed in various ways."""
    right = filled(release, ANSWERS)
    split = filled(release, {**ANSWERS, "mean_square": "def mean_square(x):\n    return average(x)"})
    helper = MEAN_SQUARE.replace("mean_square", "average")
    return {
        "right": right,
        "wrong": filled(release, WRONG),
        "half": filled(release, PARTLY),
        "duplicated": duplicated(copy.deepcopy(right)),
        "split-and-old": old_format(with_cells(split, helper)),
        "no-checks": without(copy.deepcopy(right), "check_mean_square"),
        "no-answer": without(copy.deepcopy(right), "descend"),
        "endless": filled(release, ENDLESS),
        "loud": filled(release, LOUD),
        "shows": with_cells(copy.deepcopy(right), PLOTS, ENDS_A_CELL),
        "checks-first": checks_first(copy.deepcopy(right)),
        "pair-deleted": without(copy.deepcopy(right), "mean_square", "check_mean_square"),
    }


NBGRADER, KERNEL = "nbgrader=nbgrader.apps.nbgraderapp:main", "ipykernel=ipykernel.kernelapp:launch_new_instance"
MODULES = (
    "torch",
    "nbgrader.apps.nbgraderapp",
    "nbgrader.preprocessors",
    "nbclient",
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
)
"""Modules that a fork server imports for nbgrader's commands and for the kernels that they start."""


class Ran:
    """One course graded by nbgrader, and the same submissions graded by `grader grade`."""

    def __init__(self, place):
        self.course, self.results = place / "course", place / "results"
        kernel = {"argv": forked(KERNEL, "-f", "{connection_file}", modules=MODULES), "language": "python"}
        write_files(place, {"jupyter/kernels/python3/kernel.json": json.dumps(kernel | {"display_name": "Python 3"})})
        self.jupyter = str(place / "jupyter")
        self.released = grader_command(
            "release", self.course, "--nbgrader", "--course", COURSE, "--jobs", "1", cwd=place
        )
        self.generated = self.nbgrader("generate_assignment", ASSIGNMENT)
        self.handed_out = (self.course / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text("utf-8")
        self.ungraded = shutil.copy(self.course / "gradebook.db", place)
        self.students = make_class(json.loads(self.handed_out))
        for student, notebook in self.students.items():
            folder = self.course / "submitted" / student / ASSIGNMENT
            folder.mkdir(parents=True)
            (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(notebook), "utf-8")
        with ThreadPoolExecutor(2) as threads:
            graded = threads.submit(self.grade, place)
            self.autograded = self.nbgrader("autograde", ASSIGNMENT)
            self.graded = graded.result()
        self.feedback = self.nbgrader("generate_feedback", ASSIGNMENT, "--student", "half")
        self.exported = self.nbgrader("export", "--to", str(self.course / "grades.csv"))
        self.without_nbgrader = self.export_again(place)

    def nbgrader(self, *arguments):
        """Run an nbgrader command in the course folder."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        line = forked(NBGRADER, *arguments, modules=MODULES)
        return run_line(line, cwd=self.course, timeout=600, PATH=path, JUPYTER_PATH=self.jupyter)

    def grade(self, place):
        """Grade the same submissions with `grader grade`."""
        submitted = self.course / "submitted"
        return grader_command("grade", submitted, "--out", self.results, "--course", COURSE, "--jobs", "1", cwd=place)

    def export_again(self, place):
        """Export our scores into a second course; between the exports a person enters a score and a comment."""
        second = place / "second"
        shutil.copytree(self.course / "source", second / "source")
        shutil.copytree(self.course / "submitted", second / "submitted")
        shutil.copytree(self.course / "checks", second / "checks")
        shutil.copy(self.course / "nbgrader_config.py", second)
        shutil.copy(self.ungraded, second)
        first, self.course = self.course, second
        try:
            self.previewed = self.to_nbgrader(place, "--dry-run")
            self.untouched = (second / "gradebook.db").read_bytes() == Path(self.ungraded).read_bytes()
            self.untouched = self.untouched and not (second / "autograded").exists()
            exported = [self.to_nbgrader(place)]
            self.by_hand("wrong", 1.5, "Read the contract again.")
            self.previewed_by_hand = self.to_nbgrader(place, "--dry-run")
            exported.append(self.to_nbgrader(place))
            self.second_scores = self.theirs()
            self.second_feedback = self.nbgrader("generate_feedback", ASSIGNMENT, "--student", "half")
        finally:
            self.second, self.course = second, first
        return exported

    def to_nbgrader(self, place, *more):
        """Export our scores into the current course."""
        given = ("--to", "nbgrader", "--into", self.course, "--course", COURSE, *more)
        return run_line(forked(GRADER, "export", self.results, *given, modules=MODULES), cwd=place)

    def by_hand(self, student, score, comment):
        """Enter a score and a comment, as a person does in formgrader."""
        with nbgrader_api.Gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as gradebook:
            gradebook.find_grade("check_mean_square", ASSIGNMENT, ASSIGNMENT, student).manual_score = score
            gradebook.find_comment("mean_square", ASSIGNMENT, ASSIGNMENT, student).manual_comment = comment
            gradebook.db.commit()

    def ours(self):
        """Return {student: {function: score}} from results.jsonl."""
        found = {}
        for line in (self.results / "results.jsonl").read_text("utf-8").splitlines():
            record = json.loads(line)
            found.setdefault(record["student"], {})[record["function"]] = round(record["score"], 2)
        return found

    def theirs(self):
        """Return {student: {function: score}} from nbgrader's gradebook; students without a grade are missing."""
        found = {}
        with nbgrader_api.Gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as gradebook:
            for submission in gradebook.assignment_submissions(ASSIGNMENT):
                for notebook in submission.notebooks:
                    for grade in notebook.grades:
                        if grade.auto_score is not None:
                            scores = found.setdefault(submission.student.id, {})
                            scores[grade.name.removeprefix("check_")] = round(grade.auto_score, 2)
        return found


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    return Ran(tmp_path_factory.mktemp("nbgrader"))


def test_nbgrader_accepts_the_written_course(ran):
    assert ran.released.returncode == 0, ran.released.stdout
    assert f"Next: cd {ran.course}; nbgrader generate_assignment {ASSIGNMENT}\n" in ran.released.stdout
    assert ran.generated.returncode == 0, ran.generated.stdout
    for hidden in ("score(", "HIDDEN", "SOLUTION", "numel", "empty_raises"):
        assert hidden not in ran.handed_out
    assert (
        "check(mean_square)"
        in json.loads(ran.handed_out)["cells"][index(json.loads(ran.handed_out), "check_mean_square")]["source"]
    )


def test_nbgrader_gives_the_scores_of_grader_grade(ran):
    ours, theirs = ran.ours(), ran.theirs()
    assert len(ours) == len(ran.students) == 12
    assert theirs == ours
    assert ours["right"] == {"mean_square": 3.0, "descend": 2.0}
    assert ours["half"] == {"mean_square": 1.0, "descend": 0.0}
    assert ours["endless"] == {"mean_square": 3.0, "descend": 0.0}
    assert ours["pair-deleted"] == {"mean_square": 0.0, "descend": 2.0}
    for student in ("loud", "shows", "checks-first", "no-checks", "duplicated", "split-and-old"):
        assert ours[student] == ours["right"]


def test_feedback_shows_each_public_check_and_no_hidden_one(ran):
    page = (ran.course / "feedback" / "half" / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text("utf-8")
    assert "1.00  The result is the mean of the squares" in page
    assert "(a hidden check)" in page
    for hidden in ("empty_raises", "given.error", "one entry"):
        assert hidden not in page


def test_the_grades_are_exported(ran):
    with (ran.course / "grades.csv").open(encoding="utf-8") as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores["right"] == 5.0
    assert scores["half"] == 1.0


def test_grading_needs_no_review_and_has_no_fault(ran):
    assert ran.graded.returncode == 0, ran.graded.stdout
    assert not (ran.course / "grader-faults.log").exists()


def test_exported_scores_are_those_that_nbgrader_computes(ran):
    for exported in ran.without_nbgrader:
        assert exported.returncode == 0, exported.stdout
    assert ran.second_scores == ran.theirs()


def test_a_dry_run_shows_each_function_and_leaves_the_course_as_it_is(ran):
    assert ran.untouched
    words = unwrapped(ran.previewed.stdout)
    assert "right mean_square 3.00 " in words and "changed: 0, of these lower: 0; new: " in words
    words = unwrapped(ran.previewed_by_hand.stdout)
    assert "wrong mean_square 1.50 score entered in nbgrader, which nbgrader uses" in words
    assert "changed: 0, of these lower: 0; new: 0; " in words


def test_a_score_and_comment_entered_by_a_person_stay(ran):
    with nbgrader_api.Gradebook(f"sqlite:///{ran.second / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("check_mean_square", ASSIGNMENT, ASSIGNMENT, "wrong")
        comment = gradebook.find_comment("mean_square", ASSIGNMENT, ASSIGNMENT, "wrong")
        assert (grade.auto_score, grade.manual_score, grade.score) == (ran.ours()["wrong"]["mean_square"], 1.5, 1.5)
        assert grade.needs_manual_grade
        assert comment.comment == "Read the contract again."
        assert "The result is the mean of the squares" in comment.auto_comment


def test_formgrader_shows_the_exported_notebooks(ran):
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    api = NbGraderAPI(CourseDirectory(root=str(ran.second)))
    assert api.get_autograded_students(ASSIGNMENT) == set(ran.students)
    page = (ran.second / "feedback" / "half" / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text("utf-8")
    assert "1/1  The result is the mean of the squares" in page
    assert "empty_raises" not in page


def score(course, answers, function="mean_square"):
    """Return the score that a check cell returns, its output, and its standard error."""
    program = "\n".join(["import torch", *answers.values()])
    program += "\nfrom grader.learner.nbgrader_cell import score\nprint('=', score(FUNCTION, globals(), 'en'))"
    ran = subprocess.run(
        [sys.executable, "-c", program.replace("FUNCTION", repr(function))],
        cwd=course.parent,
        env=environment(AUTOGRADED_NBGRADER=str(course)),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    shown, _, value = ran.stdout.rpartition("= ")
    return float(value), shown, ran.stderr


def test_a_check_cell_writes_nothing_to_standard_error(ran):
    value, shown, errors = score(ran.course, LOUD)
    assert (value, errors) == (3.0, "")
    assert shown.startswith("✓ 1.00/1.00  The result is the mean of the squares")


def test_a_grader_fault_is_an_infinite_score_and_is_logged(ran, tmp_path):
    value, shown, _ = score(tmp_path, ANSWERS)
    assert value == float("inf")
    assert "grader fault" in shown
    assert "mean_square: LookupError" in (tmp_path / "grader-faults.log").read_text("utf-8")


def test_an_undefined_function_scores_zero_and_says_so(ran):
    value, shown, _ = score(ran.course, ANSWERS, "no_such")
    assert (value, shown) == (0.0, "no function of the name no_such is defined above\n")


def test_an_export_into_a_folder_without_a_gradebook_says_what_to_do(tmp_path):
    with pytest.raises(UsageError, match="generate_assignment"):
        export(ClassResults((), ()), ExportOptions(tmp_path))
    assert not (tmp_path / "gradebook.db").exists()


def test_an_export_whose_points_differ_from_the_gradebook_writes_nothing(ran, tmp_path):
    shutil.copy(ran.ungraded, tmp_path)
    with nbgrader_api.Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        gradebook.find_grade_cell("check_descend", ASSIGNMENT, ASSIGNMENT).max_score = 7
        gradebook.db.commit()
    with pytest.raises(UsageError, match="descend: 7, 2"):
        export(load_class_results(ran.results, StudentView(Policy(), None, "en")), ExportOptions(tmp_path))
    with nbgrader_api.Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        assert list(gradebook.assignment_submissions(ASSIGNMENT)) == []


def test_a_broken_notebook_is_reported_and_its_scores_are_exported(ran, tmp_path):
    shutil.copy(ran.ungraded, tmp_path)
    notebook = tmp_path / "submitted" / "right" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    notebook.parent.mkdir(parents=True)
    notebook.write_text("{")
    results = load_class_results(ran.results, StudentView(Policy(), None, "en"))
    summary = export(results, ExportOptions(tmp_path))
    assert [note.partition(": ")[0] for note in summary.notes] == ["right"]
    assert "cannot be shown in formgrader (NotJSONError" in summary.notes[0]
    with nbgrader_api.Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        assert gradebook.find_grade("check_descend", ASSIGNMENT, ASSIGNMENT, "right").auto_score == 2.0
