"""Measure the time of other graders on the same submissions and checks, and the lowest possible time.

Each grader is used in the way that its documentation describes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from tests.tools import ROOT

OTTER = "otter-grader==7.0.0"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def timed(command: Sequence[object], cwd: Path) -> float:
    """Run a command and return its seconds. Raises SystemExit with the command's output if the command fails."""
    started = time.monotonic()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # nbgrader calls alembic by its name
    words = [str(part) for part in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, env=os.environ | {"PATH": path})
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - started


def floor(course: Path, folder: Path, *only: str) -> tuple[float, float]:
    """Run floor.py; return its seconds, with and without the imports at its start."""
    started = time.monotonic()
    command = [sys.executable, "-m", "tests.bench.floor", str(course), str(folder), str(CORES), *only]
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment |= {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=environment)
    return time.monotonic() - started, float(done.stdout.split()[-1])


def at_a_time(number: int, what: Callable[[Path], object], places: Sequence[Path]) -> float:
    """Call `what` for every folder, in `number` threads; return the seconds until all calls have ended."""
    started = time.monotonic()
    with ThreadPoolExecutor(number) as pool:
        list(pool.map(what, places))
    return time.monotonic() - started


def preamble(table: Path) -> str:
    """Return the first lines of a test file or cell, which load the checks of the table in the folder `table`."""
    path = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    return f"{path}from tests.bench.checks import Checks\nchecks = Checks({str(table)!r})\n"


def pytest_each(folder: Path, students: Sequence[Path], home: dict[str, str], processes: int) -> float:
    """Run one pytest process for each submission, `processes` at a time; return the seconds for all submissions."""
    test = preamble(folder) + f"import importlib, pytest\nHOME = {home!r}\n"
    test += "@pytest.mark.parametrize('check', HOME)\ndef test_check(check):\n"
    test += "    module = importlib.import_module(HOME[check])\n"
    test += "    assert checks.right(check, getattr(module, check.partition('::')[0]))\n"
    places = []
    for student in students:
        place = folder / f"pytest-{processes}" / student.name
        place.mkdir(parents=True)
        for file in student.iterdir():
            (place / file.name).write_bytes(file.read_bytes())
        (place / "test_checks.py").write_text(test, "utf-8")
        places.append(place)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:autograded", "test_checks.py"]
    return at_a_time(processes, lambda place: timed(command, place), places)


def _answers(student: Path) -> list[str]:
    """Return the code cells of a submission's notebook, one cell for each file."""
    return [file.read_text("utf-8") for file in sorted(student.iterdir())]


def _write(path: Path, cells: list[nbformat.NotebookNode]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), path)
    return path


def nbgrader_class(folder: Path, students: Sequence[Path], home: dict[str, str]) -> float:
    """Run `nbgrader autograde` on a class; return the seconds for all students, without the start of nbgrader.

    The start is eliminated by a second run for one student only.
    """
    course = folder / "nbgrader"

    def graded(name: str, source: str, **kind: object) -> nbformat.NotebookNode:
        about = {"grade_id": name, "schema_version": 3, "locked": False, "task": False, **kind}
        return new_code_cell(source, metadata={"nbgrader": about})

    def notebook(path: Path, answers: list[str]) -> None:
        cells = [graded(f"a{n}", a, solution=True, grade=False) for n, a in enumerate(answers)]
        cells.append(graded("start", preamble(folder), solution=False, grade=False, locked=True))
        for number, check in enumerate(home):
            test = f"assert checks.right({check!r}, {check.partition('::')[0]})"
            cells.append(graded(f"t{number}", test, solution=False, grade=True, locked=True, points=1))
        _write(path, cells)

    notebook(course / "source/ps1/ps1.ipynb", _answers(students[0]))
    for student in students:
        notebook(course / f"submitted/{student.name.replace(' ', '_')}/ps1/ps1.ipynb", _answers(student))
    nbgrader = [sys.executable, "-m", "nbgrader"]
    timed([*nbgrader, "generate_assignment", "ps1", "--force"], course)
    first = students[0].name.replace(" ", "_")
    one = timed([*nbgrader, "autograde", "ps1", "--force", f"--student={first}"], course)
    everybody = timed([*nbgrader, "autograde", "ps1", "--force"], course)
    if len(list(course.glob("autograded/*/ps1/ps1.ipynb"))) != len(students):
        raise SystemExit("nbgrader did not grade all students")
    return (everybody - one) * len(students) / (len(students) - 1)


def otter_command() -> list[str]:
    """Return the command of otter. It is in a separate environment, which uses the packages of this one, with torch."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "autograded-bench" / OTTER
    if not (cache / "bin/otter").is_file():
        venv.create(cache, with_pip=True, clear=True)
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(cache), "platbase": str(cache)}))
        (packages / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
        subprocess.run([cache / "bin/pip", "install", "--quiet", OTTER], check=True, capture_output=True)
    return [str(cache / "bin/otter")]


def otter_each(folder: Path, students: Sequence[Path], home: dict[str, str], processes: int) -> float:
    """Run `otter run` without containers for each submission, `processes` at a time; return the seconds for all."""
    work, otter = folder / f"otter-{processes}", otter_command()
    for number, check in enumerate(home):
        case = f">>> checks.right({check!r}, {check.partition('::')[0]})\nTrue"
        cases = [{"code": case, "hidden": False, "locked": False}]
        suite = {"cases": cases, "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        declared = {"name": f"q{number}", "points": 1, "suites": [suite]}
        test = work / f"tests/q{number}.py"
        test.parent.mkdir(parents=True, exist_ok=True)
        test.write_text(f"OK_FORMAT = True\ntest = {declared!r}\n", "utf-8")
    timed([*otter, "generate", "-t", "tests", "-o", "autograder.zip"], work)
    places = []
    for student in students:
        cells = [new_code_cell(answer) for answer in [*_answers(student), preamble(folder)]]
        places.append(_write(work / student.name.replace(" ", "_") / "ps1.ipynb", cells).parent)
    command = [*otter, "run", "-a", work / "autograder.zip", "-o", ".", "ps1.ipynb"]
    spent = at_a_time(processes, lambda place: timed(command, place), places)
    for place in places:
        if not (place / "results.json").is_file():
            raise SystemExit(f"otter wrote no results.json into {place}")
    return spent
