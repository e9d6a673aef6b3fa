"""The script of every public check of the course accepts the solution, and reports a mistake as the verdict does."""

import ast
import json
import re
import sys
from dataclasses import dataclass

import pytest

from grader.core.outcomes import Observed, Raised
from grader.core.values import CHANGED_ARGUMENTS
from grader.course.goldens import PUBLIC_SEED, read_golden
from grader.course.library import open_library
from grader.execution.guest.experiment_files import load_file, preload_torch_modules
from grader.grading.verdicts.verdict import decide
from grader.learner.check_script.draws import record_draws
from grader.learner.check_script.script import ScriptedCheck, check_script
from grader.learner.check_script.used_definitions import drawing_attributes
from tests.tools import ROOT, command, write_files

pytestmark = pytest.mark.long

LIBRARY = open_library(ROOT)
CHECKS = [check.id for exercise in LIBRARY.course.exercises for check in exercise.checks if not check.hidden]


@dataclass(frozen=True)
class Expected:
    """What a script must print about a mistake: the observations that differ, or the class of an exception."""

    mistake: str
    names: tuple[str, ...] = ()
    error: str = ""


def chosen_mistake(check, golden):
    """Return the first mistake whose observations fail a check; else the first that raises an exception there."""
    raising = None
    for mistake, outcomes in golden.mistakes[check.function].items():
        outcome = outcomes[check.id]
        verdict = decide(check, outcome, golden.references[check.id])
        if verdict.passed or LIBRARY.mistakes[mistake].fatal_outcome:
            continue
        if isinstance(outcome, Observed):
            return Expected(mistake, tuple(difference.name for difference in verdict.differences))
        if isinstance(outcome, Raised):
            raising = raising or Expected(mistake, error=outcome.error)
    return raising


@pytest.fixture(scope="module")
def scripts():
    """The script of each check, by its id."""
    found, drawing = {}, drawing_attributes()
    for exercise in LIBRARY.course.exercises:
        golden = read_golden(ROOT / "exercises/golden" / f"{exercise.name}.json")
        source = exercise.files[0].read_bytes()
        preload_torch_modules(source)
        experiments = load_file(str(exercise.files[0]))
        for check in exercise.checks:
            if not check.hidden:
                draws = record_draws(experiments[check.id], check.function, PUBLIC_SEED, drawing)
                scripted = ScriptedCheck(check, source, golden.references[check.id].values, draws, PUBLIC_SEED)
                found[check.id] = check_script(scripted, "en", exercise.name, ["Run it."])
    return found


@pytest.fixture(scope="module")
def expected():
    """What the script of each check must print about one mistake, by its id."""
    goldens = {e.name: read_golden(ROOT / "exercises/golden" / f"{e.name}.json") for e in LIBRARY.course.exercises}
    checks = [(check, goldens[e.name]) for e in LIBRARY.course.exercises for check in e.checks if not check.hidden]
    return {check.id: chosen_mistake(check, golden) for check, golden in checks}


@pytest.fixture(scope="module")
def ran(scripts, expected, tmp_path_factory):
    """Exit code and output of each script: ("right" or "wrong", id) -> result. All run in one process."""
    place = tmp_path_factory.mktemp("scripts")
    jobs = {}
    for check, script in scripts.items():
        exercise = LIBRARY.course.exercise_of[check.partition("::")[0]].name
        write_files(place / "right", {f"{exercise}.py": LIBRARY.exercise_files[exercise].solution})
        jobs["right", check] = (script, str(place / "right"))
        if wrong := expected[check]:
            write_files(place / wrong.mistake, {f"{exercise}.py": LIBRARY.mistakes[wrong.mistake].source})
            jobs["wrong", check] = (script, str(place / wrong.mistake))
    (place / "jobs.json").write_text(json.dumps([*jobs.values()]), "utf-8")
    done = command("-m", "tests.learner.check_script.script_runner", place / "jobs.json", cwd=ROOT, timeout=300)
    return dict(zip(jobs, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("check", CHECKS)
def test_the_script_finds_nothing_wrong_with_the_solution(check, ran):
    assert ran["right", check] == [0, "Nothing differs from what is expected.\n"]


@pytest.mark.parametrize("check", CHECKS)
def test_the_script_of_a_mistake_names_the_same_observations_as_its_verdict(check, ran, expected):
    wrong = expected[check]
    assert wrong, "no mistake fails this check"
    code, output = ran["wrong", check]
    assert code == 1
    if wrong.error:
        assert "Traceback (most recent call last)" in output
        assert re.search(rf"^(\w+\.)*{wrong.error}\b", output.splitlines()[-1])
        return
    lines = output.splitlines()
    assert len(lines) == len(wrong.names)
    for name, line in zip(wrong.names, lines, strict=True):
        if name == CHANGED_ARGUMENTS:
            assert line.startswith("your function changed its argument: ")
        else:
            assert re.match(rf"((shape|dtype|keys) of |len\()?{re.escape(name)}[:.)\[]", line), line


@pytest.mark.parametrize("check", CHECKS)
def test_the_script_imports_only_torch_numpy_and_the_learners_file(check, scripts):
    allowed = {"torch", "numpy", LIBRARY.course.exercise_of[check.partition("::")[0]].name, *sys.stdlib_module_names}
    imported = set()
    for node in ast.walk(ast.parse(scripts[check])):
        if isinstance(node, ast.ImportFrom):
            imported.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
    assert imported <= allowed


@pytest.mark.parametrize("check", ["mse_by_hand::mean_over_all_elements", "train_step::one_step"])
def test_python_itself_runs_the_script(check, scripts, tmp_path):
    exercise = LIBRARY.course.exercise_of[check.partition("::")[0]].name
    script = "import sys; sys.modules['grader'] = None\n" + scripts[check]  # an import of the grader would fail
    write_files(tmp_path, {f"{exercise}.py": LIBRARY.exercise_files[exercise].solution, "try_it.py": script})
    done = command("try_it.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Nothing differs from what is expected.\n")


def test_small_inputs_are_written_out(scripts):
    """Most checks draw small inputs; a change that loses the literals would still pass the other tests."""
    shown = [script.partition("# The rest is the grader's")[0] for script in scripts.values()]
    assert sum("torch.tensor(" in text.partition("EXPECTED = {")[0] for text in shown) > len(CHECKS) / 2
    assert "given.tensor" not in scripts["mse_by_hand::mean_over_all_elements"]
    assert "np.random" not in scripts["mse_by_hand::mean_over_all_elements"]
