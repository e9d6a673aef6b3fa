"""Check a release (`make release-check`): build it, install it into a new environment, try it there, test it.

It takes minutes and installs torch, so it is not part of `make test`. The wheel and the source distribution are left in
dist/. Nothing is uploaded.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"

SECRET = re.compile(r"(^|/)(solutions|mistakes|alternatives|hints|hidden|attacks|tests)/")
"""Folders of the project of which a wheel holds nothing."""

STUDENTS = "8"
"""Students of the demo class that the installed wheel grades."""


def run(*line: str | Path, cwd: Path = ROOT, codes: tuple[int, ...] = (0,)) -> str:
    """Run a command; return all that it printed. Ends the check if the exit code is not one of `codes`."""
    print("$", *line, flush=True)
    done = subprocess.run(
        [str(word) for word in line], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode not in codes:
        sys.exit(f"{done.stdout}\nexit code {done.returncode}")
    return done.stdout


def tracked_files() -> set[str]:
    """Return the files of the repository."""
    return set(run("git", "ls-files").splitlines())


def build() -> tuple[Path, Path]:
    """Build the wheel and the source distribution from the files of the repository alone."""
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place, "source")
        for name in tracked_files():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", DIST, copy)
    (wheel,), (source,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    print(run(sys.executable, "-m", "twine", "check", "--strict", wheel, source))
    return wheel, source


def compare_contents(wheel: Path, source: Path) -> None:
    """Compare what both hold with the files of the repository."""
    tracked = tracked_files()
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = {name for name in tracked if name.startswith("grader/") and not name.endswith(".po")}
    public = {f"grader/handout/{name}" for name in tracked if re.match(r"exercises/(test_|golden/)", name)}
    catalogs = {name for name in tracked if name.startswith("grader/") and name.endswith(".po")}
    report("in the wheel, but not expected", names - package - public - catalogs)
    report("not in the wheel", (package | public) - names)
    report("secret, but in the wheel", {name for name in names if SECRET.search(name.removeprefix("grader/"))})
    with tarfile.open(source) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    report("not in the source distribution", tracked - held)


def report(what: str, names: set[str]) -> None:
    """End the check if there are such names."""
    if names:
        sys.exit(f"{what}: {', '.join(sorted(names))}")


def try_wheel(wheel: Path, place: Path) -> None:
    """Install the wheel into an empty environment, run the self-check and grade a demo class there."""
    run(sys.executable, "-m", "venv", place / "environment")
    python = place / "environment/bin/python"
    torch = next(
        line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line.startswith("torch==")
    )
    run(python, "-m", "pip", "install", "--quiet", torch)
    run(python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", f"{wheel}[instructor]")
    print(run(python, "-m", "tests.release.learner"))
    course = place / "course"
    course.mkdir()
    grader = place / "environment/bin/grader"
    run(grader, "init", cwd=course)
    run(grader, "doctor", cwd=course)
    run(grader, "demo", "submissions", "--students", STUDENTS, cwd=course)
    print(run(grader, "grade", "submissions", "--out", "results", "--sandbox", "auto", cwd=course, codes=(0, 1)))
    report("not written", {name for name in ("index.html", "grades.csv") if not (course / "results" / name).exists()})


def test_source(source: Path, place: Path) -> None:
    """Run the tests from the unpacked source distribution, with this environment."""
    with tarfile.open(source) as archive:
        archive.extractall(place, filter="data")
    (folder,) = place.iterdir()
    workers = ("--numprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    environment = f"import sys; sys.path.insert(0, {str(folder)!r}); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    print(run(sys.executable, "-c", environment, "tests", *workers, cwd=folder)[-2000:])


def main() -> None:
    """Run all steps, or with --no-tests all but the tests of the source distribution."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--no-tests", action="store_true", help="leave out the tests of the source distribution")
    chosen = options.parse_args()
    started = time.monotonic()
    wheel, source = build()
    compare_contents(wheel, source)
    steps: list[tuple[Callable[[Path, Path], None], Path]] = [(try_wheel, wheel)]
    steps += [] if chosen.no_tests else [(test_source, source)]
    for step, built in steps:
        with tempfile.TemporaryDirectory() as place:
            step(built, Path(place))
    print(f"{wheel.name} and {source.name} may be released ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main()
