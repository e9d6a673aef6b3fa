"""`grader progress` and `grader hint` as a learner types them, also with missing torch or damaged exercises."""

import ast
import json
import sys

import pytest

from grader.rendering.display_width import cells
from tests.tools import ROOT, SOLUTION, WRONG_SUM, command, grader_in_process, hand_out, unwrapped, write_files

pytestmark = pytest.mark.long

NARROW = {"COLUMNS": "80"}
NO_TORCH = (
    "import sys; from importlib.machinery import PathFinder\n"
    "class Without(PathFinder):\n"
    "    @classmethod\n"
    "    def find_spec(cls, name, path=None, target=None):\n"
    "        return None if name.partition('.')[0] == 'torch' else PathFinder.find_spec(name, path, target)\n"
    "sys.meta_path[:] = [Without if finder is PathFinder else finder for finder in sys.meta_path]\n"
)
GRADER = "from grader.cli.main import main; main()"
PYTEST = "import pytest; sys.exit(pytest.main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Hand-outs by name: not begun, half done, changed, broken, incomplete."""
    place = tmp_path_factory.mktemp("learners")
    hand_out(place / "new")
    hand_out(place / "wrong", WRONG_SUM)
    torn = hand_out(place / "other", SOLUTION.replace("(x: torch.Tensor, rate: float, steps: int)", "(x, speed)"))
    write_files(torn / "exercises", {"test_ex2_torn.py": "from grader import exercise\nexercise(\n"})
    hand_out(place / "broken", SOLUTION.replace("return y", "return (y"))
    (hand_out(place / "bare") / "exercises/golden/ex1_small.json").unlink()
    old = hand_out(place / "old") / "exercises/golden/ex1_small.json"
    golden = json.loads(old.read_text("utf-8"))
    del golden["levels"], golden["signatures"], golden["expected"]["descend::one_step"]
    old.write_text(json.dumps(golden), "utf-8")
    return place


@pytest.fixture(scope="module")
def ran(place):
    """The finished commands by name."""
    commands = {
        "new": (["progress"], "new"),
        "new in chinese": (["progress", "--lang", "zh"], "new/exercises"),
        "wrong": (["progress"], "wrong"),
        "other": (["progress"], "other"),
        "broken": (["progress"], "broken"),
        "old": (["progress"], "old"),
        "bare": (["progress"], "bare"),
        "nowhere": (["progress"], "."),
        "no file": (["watch", "exercises/ex7.py"], "new"),
        "hint": (["hint", "descend", "--level", "3"], "new"),
        "no such function": (["hint", "decend"], "new"),
    }
    return {name: grader_in_process(*given, cwd=place / folder, **NARROW) for name, (given, folder) in commands.items()}


def test_no_command_prints_a_traceback(ran):
    assert not [name for name, found in ran.items() if "Traceback" in found.stdout]


def test_progress_shows_every_function_its_points_and_the_next_step_in_80_columns(ran):
    shown = ran["wrong"].stdout
    assert ran["wrong"].returncode == 0
    assert "✘ mean_square" in shown and "0 of 1 checks pass" in shown
    assert "✔ descend" in shown and "1.00 /  1.00" in shown
    assert "1 of 2 functions, 1.00 of 2.00 points" in shown
    assert "next: mean_square  exercises/ex1_small.py:11" in shown
    assert "mean    returned 31.9375, expected 5.32292" in shown
    assert "hint: " in shown
    for found in ran.values():
        assert found.returncode or all(cells(line) <= 80 for line in found.stdout.splitlines()), found.stdout


def test_stubs_start_no_worker(place):
    code = f"import sys; sys.addaudithook(lambda event, _: event == 'subprocess.Popen' and print('started')); {GRADER}"
    found = command("-c", code, "progress", cwd=place / "new")
    assert "0 of 2 functions" in found.stdout
    assert "started" not in found.stdout.replace("not started", "")


def test_progress_in_chinese_from_inside_the_folder(ran):
    assert ran["new in chinese"].returncode == 0
    assert "未开始" in ran["new in chinese"].stdout
    assert "下一步：mean_square" in ran["new in chinese"].stdout


def test_a_changed_signature_is_reported_with_the_original_one(ran):
    assert "original signature: def descend(x: torch.Tensor, rate: float, steps: int)" in " ".join(
        ran["other"].stdout.split()
    )


def test_a_syntax_error_is_reported_with_its_line(ran):
    assert ran["broken"].returncode == 0
    assert "Python cannot read ex1_small.py yet: line " in ran["broken"].stdout
    assert "return (y" in ran["broken"].stdout


def test_damaged_exercises_and_old_goldens_are_reported_and_the_others_are_checked(ran):
    said = unwrapped(ran["other"].stdout)
    assert "test_ex2_torn.py" in said and "download the exercises again" in said
    assert "✔ mean_square" in ran["other"].stdout
    assert ran["old"].returncode == 0
    assert "· mean_square" in ran["old"].stdout
    assert "✘ descend" in ran["old"].stdout


def test_without_golden_or_exercises_one_line_says_what_to_do(ran):
    assert ran["bare"].returncode == ran["nowhere"].returncode == ran["no file"].returncode == 2
    assert "golden/ex1_small.json is missing: download the exercises again" in ran["bare"].stdout
    assert "No exercises found at or above" in ran["nowhere"].stdout
    assert "File not found: exercises/ex7.py" in ran["no file"].stdout


def test_a_file_can_be_named_from_anywhere(ran, place):
    named = grader_in_process("progress", place / "wrong/exercises/ex1_small.py", cwd=place)
    assert named.returncode == ran["wrong"].returncode == 0
    assert "✘ mean_square" in named.stdout


def test_a_hint_has_the_requested_level_or_is_that_of_the_known_mistake(ran, place):
    assert "hint 3, the idea: Start with a copy" in ran["hint"].stdout
    assert "hint 1" not in ran["hint"].stdout
    of_mistake = grader_in_process("hint", "mean_square", cwd=place / "wrong").stdout
    assert "hint: " in of_mistake
    assert "Is it the mean of the squares" not in of_mistake
    assert ran["no such function"].returncode == 2
    assert "Did you mean descend?" in ran["no such function"].stdout


def test_each_hint_command_shows_the_next_level(tmp_path):
    hand_out(tmp_path)
    shown = [grader_in_process("hint", "descend", cwd=tmp_path).stdout for _ in range(4)]
    assert ["hint 1" in shown[0], "hint 2" in shown[1], "hint 3" in shown[2], "hint 3" in shown[3]] == [True] * 4


def test_without_torch_one_line_names_the_pip_command(tmp_path):
    hand_out(tmp_path, SOLUTION)
    found = command("-c", NO_TORCH + GRADER, "progress", cwd=tmp_path)
    assert found.returncode == 2
    assert f"{sys.executable} -m pip install torch" in found.stdout
    assert len(found.stdout.strip().splitlines()) == 1
    (tmp_path / "requirements.txt").touch()  # as in a hand-out
    found = command("-c", NO_TORCH + GRADER, "progress", cwd=tmp_path)
    assert found.stdout.endswith(f"{sys.executable} -m pip install -r requirements.txt\n")
    checked = command("-c", NO_TORCH + PYTEST, "exercises", "-q", "-p", "no:cacheprovider", cwd=tmp_path)
    assert checked.returncode == 4
    assert f"ERROR: torch is not installed for {sys.executable}. Install it: " in checked.stdout
    assert "Traceback" not in checked.stdout and "ImportError" not in checked.stdout


def test_a_python_that_is_too_old_is_reported_first():
    for file in (ROOT / "grader/__init__.py", ROOT / "exercises/conftest.py"):
        source = file.read_text("utf-8")
        ast.parse(source, feature_version=(3, 6))
        found = command("-c", f"import sys; sys.version_info = (3, 9, 1)\n{source}", cwd=ROOT)
        assert found.returncode == 1
        assert "Python 3.11 or newer" in found.stdout and sys.executable in found.stdout
        assert len(found.stdout.strip().splitlines()) == 1


@pytest.mark.parametrize("template", ["exercises/conftest.py", "grader/authoring/templates/conftest.py.txt"])
@pytest.mark.parametrize("is_handout", [True, False], ids=["in a hand-out", "elsewhere"])
def test_pytest_without_the_package_says_what_to_install(tmp_path, template, is_handout):
    files = {"exercises/conftest.py": (ROOT / template).read_text("utf-8"), "exercises/test_ex1.py": "import grader\n"}
    write_files(tmp_path, files | ({"requirements.txt": ""} if is_handout else {}))
    elsewhere = f'-r "{tmp_path / "requirements.txt"}"'
    for cwd, arguments, named in (
        (tmp_path, ["exercises", "--lang", "zh"], "-r requirements.txt"),
        (tmp_path, ["."], "-r requirements.txt"),
        (tmp_path / "exercises", [], elsewhere),
    ):
        program = f"import sys; sys.modules['grader'] = None; {PYTEST}"
        options = [*arguments, "-q", "-p", "no:cacheprovider"]
        found = command("-c", program, *options, cwd=cwd, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
        assert found.returncode == 4, found.stdout
        assert f"{sys.executable} -m pip install {named if is_handout else 'autograded'}" in found.stdout
        assert "Traceback" not in found.stdout and "INTERNALERROR" not in found.stdout


def test_pytest_from_another_folder_says_where_the_exercises_are(place):
    found = command("-m", "pytest", "exercises/", "-p", "no:cacheprovider", cwd=place / "new/exercises")
    assert found.returncode == 4
    assert "there is no such folder here. The exercises are in .: pytest ." in found.stdout


def test_pytest_shows_the_original_signature(place):
    found = command("-m", "pytest", "exercises/test_ex1_small.py", "-p", "no:cacheprovider", cwd=place / "other")
    assert "original signature: def descend(x: torch.Tensor, rate: float, steps: int)" in found.stdout


def test_a_stub_costs_no_torch_in_pytest(place):
    options = ["exercises", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    code = f"import sys, pytest; pytest.main({options}); print('torch' in sys.modules)"
    found = command("-c", code, cwd=place / "new")
    assert "not started" in found.stdout
    assert found.stdout.strip().splitlines()[-1] == "False"
