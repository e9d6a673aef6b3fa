"""Build a wheel of the installed grader that carries the public checks of a hand-out, and nothing else of a course."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.package_paths import HANDOUT, PACKAGE

PROJECT = "autograded"
"""The name of the installed distribution."""

STUDENT_EXTRAS = ("notebook",)
"""What a student may install besides; instructors have their grader from elsewhere."""

EPOCH = "315532800"
"""The time of every file in the wheel, 1980: the same grader gives the same bytes."""

BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
SKIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", HANDOUT.name)


def build_wheel(carried: Mapping[str, bytes]) -> tuple[str, bytes]:
    """The name and the bytes of a wheel; `carried` are files for its hand-out folder. Raises UsageError."""
    with tempfile.TemporaryDirectory(prefix="autograded-wheel-") as place:
        tree, out = Path(place, "tree"), Path(place, "out")
        package = tree / PACKAGE.name
        shutil.copytree(PACKAGE, package, ignore=SKIPPED)
        for path, content in carried.items():
            target = package / HANDOUT.name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        (tree / "pyproject.toml").write_text(_project(), "utf-8")
        out.mkdir()
        built = subprocess.run(
            [sys.executable, "-c", BUILD, str(out)],
            cwd=tree,
            env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "PYTHONHASHSEED": "0"},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        found = next(out.glob("*.whl"), None)
        if built.returncode or found is None:
            last = (built.stderr.strip().splitlines() or ["?"])[-1]
            raise UsageError(
                "the wheel of the grader cannot be built ({error}): pip install 'setuptools>=77'", error=last
            )
        return found.name, found.read_bytes()


def _project() -> str:
    """A pyproject.toml that says of the package what its metadata says."""
    about = importlib.metadata.metadata(PROJECT)
    needs = about.get_all("Requires-Dist") or []
    entry_points = importlib.metadata.distribution(PROJECT).entry_points
    lines = [
        '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"',
        f"[project]\nname = {json.dumps(PROJECT)}\nversion = {json.dumps(about['Version'])}",
        f"description = {json.dumps(about['Summary'])}\nrequires-python = {json.dumps(about['Requires-Python'])}",
        f"dependencies = {json.dumps([need for need in needs if 'extra ==' not in need])}",
        "[project.optional-dependencies]",
        *(f"{extra} = {json.dumps(list(_of_extra(needs, extra)))}" for extra in STUDENT_EXTRAS),
        "[project.scripts]",
        *(f"{point.name} = {json.dumps(point.value)}" for point in entry_points if point.group == "console_scripts"),
        "[project.entry-points.pytest11]",
        *(f"{point.name} = {json.dumps(point.value)}" for point in entry_points if point.group == "pytest11"),
        '[tool.setuptools.packages.find]\ninclude = ["grader*"]',
        '[tool.setuptools.package-data]\n"*" = ["*", "**/*"]',
    ]
    return "\n".join(lines) + "\n"


def _of_extra(needs: Iterable[str], extra: str) -> Iterable[str]:
    """What an extra needs, without the marker that names it."""
    for need in needs:
        requirement, _, marker = need.partition(";")
        if f'extra == "{extra}"' in marker:
            yield requirement.strip()
