"""Packaged autograders: the tests unpack each, and run its script as the system does."""

import json
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import yaml

from grader.core.errors import UsageError
from grader.packaging.autograder_bundle import SCRIPTS_FOLDER, write_zip
from grader.packaging.autograder_lookup import load_packager, system_names
from tests.exports.gradescope_format import check_gradescope
from tests.tools import (
    COURSE,
    SOLUTION,
    WRONG_SUM,
    copy_course,
    edit,
    environment,
    grader_in_process,
    write_files,
)

pytestmark = pytest.mark.long

OPTIONS = ["--course", COURSE, "--sandbox", "none", "--seed", "7", "--time-limit", "1"]
METADATA = {"users": [{"name": "Ada", "email": "ada@x.edu", "id": 3}], "submission_method": "upload"}


def unpack(zip_file, root):
    """Unpack a zip as Gradescope does: into source/, with run_autograder copied to the folder above."""
    with zipfile.ZipFile(zip_file) as archive:
        archive.extractall(root / "source")
        for info in archive.infolist():
            (root / "source" / info.filename).chmod(info.external_attr >> 16 & 0o777)
    (root / "run_autograder").write_bytes((root / "source/run_autograder").read_bytes())
    (root / "run_autograder").chmod(0o755)
    return root


def run(root, python=sys.executable, **more):
    """Run the packaged run_autograder on submission/. Return its results.json and its output."""
    (root / "submission").mkdir(exist_ok=True)
    variables = environment(AUTOGRADER_ROOT=str(root), AUTOGRADER_PYTHON=str(python), **more)
    done = subprocess.run(
        [root / "run_autograder"], env=variables, capture_output=True, text=True, timeout=100, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    return json.loads((root / "results/results.json").read_text("utf-8")), done.stdout + done.stderr


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The folder with ok.zip, the autograder of the miniature course."""
    place = tmp_path_factory.mktemp("packed")
    done = grader_in_process("package", "gradescope", "--into", "ok.zip", *OPTIONS, cwd=place)
    assert done.returncode == 0, done.stdout
    assert "Functions: 2, points: 5" in done.stdout and "Do not give it to students" in done.stdout
    return place


@pytest.fixture(scope="module")
def ran(packed):
    """{name of a case: (results.json, output)}; two cases run at a time."""

    def case(name, files, change=None):
        root = unpack(packed / "ok.zip", packed / name)
        write_files(root / "submission", files)
        (root / "submission_metadata.json").write_text(json.dumps(METADATA))
        if change:
            change(root)
        return run(root)

    def fault(root):
        edit(root / "source/course/tests/hidden/test_ex1_small.py", 'x = given.tensor("x", 1)', "x = 1 / 0")

    cases = {
        "wrong": lambda: case("wrong", {"deep/my work.py": WRONG_SUM, "notes.txt": "x"}),
        "broken": lambda: case("broken", {"ex1_small.py": "def f(:\n"}),
        "nothing": lambda: case("nothing", {"essay.pdf": b"%PDF"}),
        "fault": lambda: case("fault", {"ex1_small.py": SOLUTION}, fault),
        "course gone": lambda: case(
            "gone", {"ex1_small.py": SOLUTION}, lambda root: (root / "source/autograder.json").write_text("{}")
        ),
    }
    with ThreadPoolExecutor(2) as threads:
        started = {name: threads.submit(start) for name, start in cases.items()}
        return {name: future.result() for name, future in started.items()}


@pytest.mark.parametrize(("name", "score"), [("wrong", 4.0), ("broken", 0.0), ("nothing", None)])
def test_run_autograder_grades_and_gradescope_reads_the_score(ran, name, score):
    document, _ = ran[name]
    assert check_gradescope(document) == score


def test_a_document_alone_is_ungraded_and_the_student_reads_why(ran):
    document, _ = ran["nothing"]
    assert any("essay.pdf: a document (4 B)" in test["output"] for test in document["tests"])


def test_a_broken_submission_shows_the_line_of_the_error(ran):
    document, _ = ran["broken"]
    assert any("SyntaxError" in test["output"] and "line 1" in test["output"] for test in document["tests"])


def test_a_grader_fault_has_no_score_and_a_message_for_the_staff(ran):
    document, output = ran["fault"]
    assert check_gradescope(document) is None
    assert document["output"].startswith("No total yet")
    assert "the grader failed: the solution returned no observation" in output


def test_a_grader_that_cannot_start_says_so_in_results_json(ran):
    document, output = ran["course gone"]
    assert check_gradescope(document) is None
    assert "For the staff: the grader failed (ValidationError" in document["output"]
    assert "Traceback" in output


def test_without_python_there_is_still_a_results_json(packed):
    document, _ = run(unpack(packed / "ok.zip", packed / "no python"), python="/nonexistent/python")
    assert check_gradescope(document) is None
    assert "exit code 127" in document["output"]


def test_scripts_of_a_zip_made_on_windows_may_be_run(tmp_path, monkeypatch):
    """An unzip program reads permissions only from a zip that says that it was made on Unix."""
    monkeypatch.setattr(zipfile, "sys", SimpleNamespace(platform="win32"))
    write_zip(tmp_path / "on_windows.zip", {"setup.sh": b""}, frozenset({"setup.sh"}))
    monkeypatch.undo()
    with zipfile.ZipFile(tmp_path / "on_windows.zip") as archive:
        (info,) = archive.infolist()
    assert (info.create_system, info.external_attr >> 16 & 0o777) == (3, 0o755)


def test_students_do_not_see_the_seed(ran):
    for document, _ in ran.values():
        assert "seed" not in json.dumps(document)


def test_the_zip_has_both_scripts_at_its_root_and_all_that_grading_needs(packed):
    with zipfile.ZipFile(packed / "ok.zip") as archive:
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}

        pinned = archive.read("requirements.txt").decode().splitlines()
        settings = json.loads(archive.read("autograder.json"))
        for name in ("setup.sh", "run_autograder"):
            assert b"\r" not in archive.read(name)
    assert modes["setup.sh"] == modes["run_autograder"] == 0o755
    for needed in ("solutions/ex1_small.py", "tests/hidden/test_ex1_small.py", "exercises/golden/ex1_small.json"):
        assert f"course/{needed}" in modes
    assert "grader/locale/zh_CN/LC_MESSAGES/grader.mo" in modes
    assert not [name for name in modes if "__pycache__" in name or ".venv" in name]
    assert all("==" in line for line in pinned) and pinned[0].startswith("torch==") and "+" not in pinned[0]
    assert settings["only"] == ["mean_square", "descend"] and settings["seed"] == 7


def test_the_same_course_gives_the_same_zip(packed):
    done = grader_in_process("package", "gradescope", "--into", "again.zip", *OPTIONS, cwd=packed)
    assert done.returncode == 0
    assert (packed / "ok.zip").read_bytes() == (packed / "again.zip").read_bytes()


@pytest.mark.parametrize("name", ["setup.sh", "run_autograder", "entrypoint.sh"])
def test_scripts_are_valid_for_the_shell(name):
    script = SCRIPTS_FOLDER / name
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


def test_prairielearn_runs_the_same_grader_and_says_how_to_build_it(packed):
    done = grader_in_process("package", "prairielearn", "--into", "pl", *OPTIONS, cwd=packed)
    assert done.returncode == 0, done.stdout
    info = json.loads((packed / "pl/info.json").read_text())
    assert info["gradingMethod"] == "External" and info["externalGradingOptions"]["timeout"] <= 600
    assert "COPY source" in (packed / "pl/Dockerfile").read_text()
    write_files(packed / "grade/student", {"ex1_small.py": WRONG_SUM})
    variables = environment(
        GRADE_ROOT=str(packed / "grade"),
        AUTOGRADER_SOURCE=str(packed / "pl/source"),
        AUTOGRADER_PYTHON=sys.executable,
    )
    subprocess.run([packed / "pl/entrypoint.sh"], env=variables, check=True, timeout=100, capture_output=True)
    document = json.loads((packed / "grade/results/results.json").read_text())
    assert document["gradable"] is True and document["score"] == pytest.approx(0.8)


def workflow(place, *options):
    done = grader_in_process("package", "github", "--into", "repo", *OPTIONS, *options, cwd=place)
    assert done.returncode == 0, done.stdout
    return yaml.safe_load((place / "repo/.github/workflows/classroom.yml").read_text("utf-8")), done.stdout


def test_the_workflow_runs_public_checks_with_the_official_graders_and_reports_each(tmp_path):
    found, said = workflow(tmp_path, "--grader-source", "git+https://example.org/grader")
    steps = found["jobs"]["run-autograding-tests"]["steps"]
    graders = {step["id"]: step["with"] for step in steps if "autograding-command-grader" in step.get("uses", "")}
    assert [grader["max-score"] for grader in graders.values()] == ["3", "2"]
    assert "pytest exercises/test_ex1_small.py::descend" in [grader["command"] for grader in graders.values()]
    reporter = steps[-1]
    assert reporter["with"]["runners"] == ",".join(graders)
    assert reporter["env"] == {f"{i.upper()}_RESULTS": "${{steps." + i + ".outputs.result}}" for i in graders}
    assert "secrets" not in json.dumps(found) and "solutions" not in said


def test_the_commands_of_the_workflow_work_in_a_repository(tmp_path):
    found, _ = workflow(tmp_path, "--course-repository", "me/course")
    steps = found["jobs"]["run-autograding-tests"]["steps"]
    (grade,) = [step for step in steps if step.get("id") == "autograded"]
    repository = write_files(tmp_path / "student", {"ex1_small.py": WRONG_SUM})
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "work"]):
        named = ["-c", "user.name=x", "-c", "user.email=x@y"]
        subprocess.run(["git", *named, *arguments], cwd=repository, check=True, capture_output=True)
    copy_course(repository / ".course")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/grader"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m grader.cli "$@"\n')
    program.chmod(0o755)
    more = {
        "RUNNER_TEMP": str(tmp_path / "runner"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
    }
    (tmp_path / "runner").mkdir()
    command = ["bash", "-e", "-c", grade["run"]]
    done = subprocess.run(command, cwd=repository, env=environment(**more), capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    from base64 import b64decode

    name, _, encoded = (tmp_path / "output").read_text().strip().partition("=")
    document = json.loads(b64decode(encoded))
    assert name == "result" and document["version"] == 3
    assert sum(test["score"] for test in document["tests"]) == 4.0


def test_packages_are_found_by_the_names_of_their_modules():
    assert set(system_names()) >= {"github", "gradescope", "prairielearn"}
    with pytest.raises(UsageError, match="is not a system of"):
        load_packager("blackboard")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["blackboard", "--into", "x"],
            "is not a system of `grader package`. Pass one of: github, gradescope, prairielearn",
        ),
        (["gradescope", "--into", "x"], "Pass a file that ends in .zip"),
        (["github", "--into", "x"], "--grader-source git+https://github.com/OWNER/NAME"),
    ],
)
def test_wrong_usage_is_one_clear_message(tmp_path, arguments, words):
    done = grader_in_process("package", *arguments, *OPTIONS, cwd=tmp_path)
    assert done.returncode == 2 and words in " ".join(done.stdout.split())
