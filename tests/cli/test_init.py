"""`grader init` starts a course that works, in the languages asked for, and overwrites no file."""

import re
import tomllib

import pytest
import yaml

from grader.course.library import open_library
from tests.tools import COURSE, command, copy_course, grader_in_process, pytest_command, write_files

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def texts(folder):
    """Return the text of every file of a course by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A new course with its generated files."""
    place = tmp_path_factory.mktemp("init")
    done = grader_in_process("init", "my course", cwd=place)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("cd 'my course'\ngrader sync\ngrader doctor\n")
    return place / "my course"


def test_sync_doctor_and_pytest_work_in_a_new_course(course):
    missing = pytest_command("exercises", cwd=course)
    assert missing.returncode != 0 and "run `grader sync` as an author" in missing.stdout
    sync = grader_in_process("sync", "--jobs", "1", cwd=course)
    assert "written: exercises/ex1_square.py" in sync.stdout and sync.returncode == 0
    doctor = grader_in_process("doctor", "--jobs", "1", "--seeds", "2", cwd=course)
    assert doctor.returncode == 0, doctor.stdout
    assert "2 checks, 1 mistake, 1 alternative solution" in doctor.stdout
    assert "1 not started" in pytest_command("exercises", cwd=course).stdout
    assert "2 passed" in pytest_command(cwd=course).stdout  # the settings in pyproject.toml name the hidden checks


def test_the_settings_and_the_workflow_can_be_read_and_have_the_commands_of_the_read_me(course):
    files = texts(course)
    assert tomllib.loads(files["pyproject.toml"])["dependency-groups"]["author"] == ["autograded[author]"]
    steps = yaml.safe_load(files[".github/workflows/course.yml"])["jobs"]["prove"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands[1:] == ["pip install 'autograded[author]'", "grader sync --check", "grader doctor"]
    assert re.fullmatch(r"pip install 'torch==2\.\d+\.\*' --index-url \S+", commands[0])
    block = re.search(r"```console\n(.*?)```", files["README.md"], re.DOTALL)[1]
    assert [line.partition("  ")[0] for line in block.splitlines()] == ["grader sync", "grader doctor"]


def test_the_extra_that_the_read_me_names_has_what_the_commands_of_authors_import():
    extras = tomllib.loads((COURSE.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split(r"[\[>]", need)[0] for need in extras["optional-dependencies"]["author"]}
    assert "autograded[notebook]" in extras["optional-dependencies"]["author"]
    assert {"setuptools", "scikit-learn", "pyseccomp"} <= names


def test_without_an_option_a_course_is_in_english_alone(course):
    assert {path: text for path, text in texts(course).items() if CHINESE.search(text)} == {}


@pytest.mark.parametrize(
    ("asked", "languages", "read_me", "other"),
    [
        (["en,zh"], ("en", "zh"), False, True),
        (["zh"], ("en", "zh"), True, False),
        (["en", "--lang", "de"], ("en", "de"), False, False),
    ],
)
def test_a_course_has_english_and_the_languages_asked_for(tmp_path, asked, languages, read_me, other):
    done = grader_in_process("init", "--lang", *asked, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert open_library(tmp_path).course.languages == languages  # it reads all declarations
    assert bool(CHINESE.search((tmp_path / "README.md").read_text("utf-8"))) is read_me
    assert bool(CHINESE.search(done.stdout)) is read_me
    assert (tmp_path / "README.zh.md").exists() is other


def test_an_unknown_language_is_refused(tmp_path):
    done = grader_in_process("init", "--lang", "en,Chinese", cwd=tmp_path)
    assert done.returncode == 2 and "Unknown language: --lang Chinese" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"README.md": "mine"}, "already has README.md, which a new course would overwrite"),
        ({"solutions/notes.txt": "mine"}, "already has solutions, which a new course would overwrite"),
    ],
)
def test_a_folder_with_files_of_a_course_is_refused_in_one_sentence(tmp_path, there, said):
    write_files(tmp_path, there)
    done = grader_in_process("init", cwd=tmp_path)
    assert done.returncode == 2 and said in done.stdout
    assert len(done.stdout.splitlines()) == 1 and "`grader init my_course`" in done.stdout
    assert texts(tmp_path) == there


def test_a_course_is_refused_and_its_author_reads_how_to_add_an_exercise(tmp_path):
    copy_course(tmp_path / "course")
    done = grader_in_process("init", "course", cwd=tmp_path)
    assert done.returncode == 2 and "holds a course already: add an exercise with `grader new" in done.stdout


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    write_files(tmp_path, {"notes.txt": "mine"})
    done = grader_in_process("init", "notes.txt", cwd=tmp_path)
    assert done.returncode == 2 and "is a file, not a folder" in done.stdout


def test_other_files_in_the_folder_do_no_harm(tmp_path):
    write_files(tmp_path, {"LICENSE": "mine", ".git/config": "mine"})
    assert grader_in_process("init", cwd=tmp_path).returncode == 0
    assert (tmp_path / "LICENSE").read_text() == "mine"


def test_students_without_the_grader_read_how_to_install_it(course):
    """An entry of None in sys.modules makes the import fail, as it does for such a student."""
    program = "import pytest, sys; sys.modules['grader'] = None; sys.exit(pytest.main(['exercises', '--lang=zh']))"
    done = command("-c", program, cwd=course, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert done.returncode == 4 and "Traceback" not in done.stdout
    assert "autograded is not installed" in done.stdout and "-m pip install autograded" in done.stdout
