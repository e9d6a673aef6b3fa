"""Try the lower bounds of pyproject.toml (`make lower-bounds`): install the oldest version of each direct dependency.

torch is the version of constraints.txt in both environments: it is the oldest that was tried. In the first one are the
packages that every learner needs, and the trials of a learner run there. In the second one are all packages, and the
tests run there that use most of them. It takes minutes, downloads much, and changes nothing in the project.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tests.release.__main__ import ROOT, run

TESTS = (
    *("tests/core", "tests/course", "tests/exports", "tests/rendering", "tests/learner", "tests/submissions"),
    *("tests/cli/test_commands.py", "tests/cli/test_translated_help.py", "tests/reports/test_similarity.py"),
    *("tests/packaging/test_nbgrader.py", "tests/execution/host/test_dask_pool.py", "tests/test_cluster_files.py"),
)
"""Tests that use every direct dependency at least once."""


def direct_dependencies(*extras: str) -> list[str]:
    """Return the direct dependencies of the project and of these extras, without torch and without the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    return [line for lines in lists for line in lines if not line.startswith(("torch>", "autograded["))]


def install_oldest(place: Path, requirements: list[str]) -> Path:
    """Install the oldest version of each requirement and the project into a new environment; return its Python."""
    uv = (sys.executable, "-m", "uv", "--quiet", "pip")
    python = place / "environment/bin/python"
    run(sys.executable, "-m", "venv", place / "environment")
    (torch,) = (
        line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line.startswith("torch==")
    )
    run(python, "-m", "pip", "install", "--quiet", torch)
    (place / "direct.txt").write_text("\n".join(requirements), "utf-8")
    resolved = place / "oldest.txt"
    run(*uv, "compile", "--resolution", "lowest-direct", "--python", python, place / "direct.txt", "-o", resolved)
    run(*uv, "install", "--python", python, "-r", resolved)
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", ROOT)
    return python


def main() -> int:
    """Try both environments; return the exit code."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    with tempfile.TemporaryDirectory() as place:
        learner = install_oldest(Path(place, "learner"), [*direct_dependencies(), "setuptools>=77"])
        code = subprocess.run([learner, "-m", "tests.release.learner"], cwd=ROOT, check=False).returncode
        everything = install_oldest(Path(place, "everything"), direct_dependencies(*extras))
        return code or subprocess.run([everything, "-m", "pytest", *TESTS], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
