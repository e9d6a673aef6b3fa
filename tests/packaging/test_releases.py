"""The hand-out: its content, its use on a machine without the grader, and updates that lose no files."""

import json
import re
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.core.errors import UsageError
from grader.packaging.release_folder import MANIFEST, Manifest, read_manifest, update_release
from tests.tools import COURSE, SOLUTION, bare_python, environment, grader_command, grader_in_process

pytestmark = pytest.mark.long

SECRET = ("empty_raises", "comes_close", "numel", "no entries", "y - rate", "BEGIN SOLUTION", "get_config", "far.abs")
"""Words that occur only in the solution, the hidden checks and the mistakes of the miniature course."""


def files_below(folder):
    """Yield the name and the bytes of every file, also of the files in wheels."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                yield from ((name, wheel.read(name)) for name in wheel.namelist())
        elif path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


class Handout:
    """A hand-out of the miniature course, and the commands of its read-me, run as a student does."""

    def __init__(self, place):
        self.place, self.folder = place, place / "hand-out"
        with ThreadPoolExecutor(2) as threads:
            python = threads.submit(bare_python, place / "bare")
            self.first = self.release()
            self.python = python.result()
        self.read_me = (self.folder / "README.md").read_text("utf-8")
        self.files = dict(files_below(self.folder))
        self.commands = re.findall(
            r"^(pip install -r requirements.txt|pytest exercises.*?)(?: *#.*)?$", self.read_me, re.M
        )
        self.installed = self.run("-m", "pip", "install", "--no-index", *self.commands[0].split()[2:])
        self.started = self.run("-m", *self.commands[1].split())
        (self.folder / "exercises" / "ex1_small.py").write_text(SOLUTION, "utf-8")
        with ThreadPoolExecutor(2) as threads:
            checks = [threads.submit(self.run, "-m", *command.split()) for command in self.commands[1:]]
            self.solved = [check.result() for check in checks]
        helpers = (["check", "mean_square"], ["hint", "mean_square"], ["progress"])
        self.helpers = [self.run("-m", "grader.cli", *words) for words in helpers]
        self.script = self.run("-m", "grader.cli", "try", "mean_square::value_and_gradient")

    def release(self, *more):
        return grader_command("release", self.folder, "--course", COURSE, *more, cwd=self.place)

    def run(self, *arguments):
        """Run the student's Python in the hand-out."""
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=200,
            check=False,
        )


@pytest.fixture(scope="module")
def handout(tmp_path_factory):
    return Handout(tmp_path_factory.mktemp("release"))


def test_the_hand_out_holds_what_a_student_needs(handout):
    assert handout.first.returncode == 0, handout.first.stdout
    for path in (
        "exercises/ex1_small.py",
        "exercises/test_ex1_small.py",
        "exercises/golden/ex1_small.json",
        "exercises/notebooks/ex1_small.ipynb",
        "grader/handout/exercises/test_ex1_small.py",
        "grader/handout/exercises/golden/ex1_small.json",
        "README.md",
        "README.zh.md",
        "requirements.txt",
        "requirements-notebooks.txt",
        "pytest.ini",
    ):
        assert path in handout.files


def test_the_output_ends_with_the_next_steps_as_in_the_read_me(handout):
    said = handout.first.stdout.partition("Next: give ")[2]
    assert said.startswith(f"{handout.folder} to your students")
    for line in handout.commands[:2]:
        assert f"\n  {line}\n" in said


def test_the_hand_out_holds_no_solution_hidden_check_mistake_or_instructors_package(handout):
    ours = {name: data for name, data in handout.files.items() if not name.startswith("grader/") or "/handout/" in name}
    for name, data in ours.items():
        text = data.decode("utf-8")
        assert not [word for word in SECRET if word in text], name
        assert not [word for word in ("nbgrader>", "pyseccomp", "scikit-learn", "distributed>") if word in text]
    course = [name for name in handout.files if "/handout/" in name]
    assert len(course) == 2
    assert not [name for name in handout.files if re.search(r"(^|/)(solutions|hidden|mistakes)/", name)]


def test_every_command_of_the_read_me_works_with_the_wheel_of_the_hand_out(handout):
    assert handout.commands == [
        "pip install -r requirements.txt",
        "pytest exercises",
    ]
    assert handout.installed.returncode == 0, handout.installed.stdout
    assert "Successfully installed autograded" in handout.installed.stdout
    assert handout.started.returncode == 1
    assert "not started" in handout.started.stdout
    for solved in handout.solved:
        assert solved.returncode == 0, solved.stdout
    named = ("grader check mean_square", "grader hint mean_square", "grader progress")
    for done, line in zip(handout.helpers, named, strict=True):
        assert re.search(rf"^{line}\b", handout.read_me, re.M)  # tests/learner/watch tests `grader watch`
        assert done.returncode == 0, done.stdout
    assert handout.script.stdout.startswith("# mean_square::value_and_gradient\n")
    home = handout.run("-c", "import grader; print(grader.__file__)").stdout
    assert str(handout.place / "bare") in home


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_comments_of_the_read_me_are_aligned(handout, name):
    (work,) = re.findall(r"^```console\n(pytest .*?)```$", handout.files[name].decode(), re.M | re.S)
    lines = work.splitlines()
    assert len(lines) == 6 and len({line.index("  # ") for line in lines}) == 1


def test_check_finds_its_exercise_inside_and_outside_the_hand_out(handout):
    program = f"{SOLUTION}\nfrom grader import check\ncheck(mean_square, lang='en')"
    for cwd in (handout.folder / "exercises" / "notebooks", handout.place):
        found = subprocess.run(
            [handout.python, "-c", program], cwd=cwd, env=environment(), capture_output=True, text=True, check=False
        )
        assert "The result is the mean of the squares" in found.stdout, found.stderr


def test_a_release_over_a_changed_file_is_refused_and_loses_nothing(handout):
    again = handout.release()
    assert again.returncode == 2
    assert "exercises/ex1_small.py" in again.stdout
    assert "Traceback" not in again.stdout
    assert (handout.folder / "exercises" / "ex1_small.py").read_text("utf-8") == SOLUTION


def test_a_hand_out_in_chinese_is_in_chinese(tmp_path):
    made = grader_command("release", "out", "--course", COURSE, "--lang", "zh", cwd=tmp_path)
    assert made.returncode == 0, made.stdout
    files = dict(files_below(tmp_path / "out"))
    assert "补全函数" in files["README.md"].decode()
    assert "README.zh.md" not in files
    assert "--lang zh" in files["pytest.ini"].decode()
    stub, notebook = (files[f"exercises/{name}"].decode() for name in ("ex1_small.py", "notebooks/ex1_small.ipynb"))
    assert "请先运行" in notebook
    for text in (stub, notebook):
        assert "返回各元素平方的平均值" in text
        assert "Return the mean" not in text and "(zh)" not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--lang", "fr"], "Choose one of: en, zh"),
        (["--lang", "c++"], "Pass the code of a language, such as en or zh"),
        (["--assignment", "hw1"], "work only with --nbgrader"),
        (["--nbgrader", "--assignment", "a+b"], "nbgrader does not accept this name"),
        (["--only", "nothing"], "No such exercise or function"),
    ],
)
def test_wrong_usage_is_reported_before_a_file_is_written(tmp_path, arguments, words):
    refused = grader_in_process("release", "out", "--course", COURSE, *arguments, cwd=tmp_path)
    assert refused.returncode == 2
    assert words in refused.stdout
    assert not (tmp_path / "out").exists()


def test_an_update_writes_changed_files_and_removes_old_ones(tmp_path):
    manifest = Manifest("handout")
    update_release(tmp_path, {"a/one": b"1", "two": b"2"}, manifest)
    done = update_release(tmp_path, {"two": b"2", "three": b"3"}, read_manifest(tmp_path, "handout"))
    assert (done.written, done.unchanged, done.removed) == (["three"], ["two"], ["a/one"])
    assert not (tmp_path / "a").exists()
    assert set(json.loads((tmp_path / MANIFEST).read_bytes())["files"]) == {"two", "three"}


@pytest.mark.parametrize("make", ["foreign", "changed", "changed and gone", "folder", "link"])
def test_files_that_the_release_did_not_write_are_never_overwritten(tmp_path, make):
    update_release(tmp_path, {"ours": b"1", "gone": b"1"}, Manifest("handout"))
    place = tmp_path / {"foreign": "new", "changed": "ours", "changed and gone": "gone"}.get(make, "new")
    if make == "folder":
        place.mkdir()
    elif make == "link":
        place.symlink_to(tmp_path / "ours")
    else:
        place.write_bytes(b"mine")
    with pytest.raises(UsageError, match=place.name):
        update_release(tmp_path, {"ours": b"2", "new": b"3"}, read_manifest(tmp_path, "handout"))
    assert (tmp_path / "ours").read_bytes() == (b"mine" if make == "changed" else b"1")


def test_a_folder_with_another_kind_of_release_or_a_broken_manifest_is_refused(tmp_path):
    update_release(tmp_path, {}, Manifest("nbgrader"))
    with pytest.raises(UsageError, match="another kind"):
        read_manifest(tmp_path, "handout")
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(UsageError, match="Choose a new folder"):
        read_manifest(tmp_path, "handout")
