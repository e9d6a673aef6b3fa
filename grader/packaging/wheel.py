"""Build a wheel with the installed grader and the public checks of a hand-out, and nothing else of the course."""

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
from grader.core.hashing import code_hash, digest
from grader.core.package_paths import HANDOUT, PACKAGE

PROJECT = "autograded"
"""The name of the installed distribution."""

STUDENT_EXTRAS = ("notebook",)
"""The extras of the wheel. The wheel has only the extras that students need."""

BUILD_TIME = "315532800"
"""Time of every file in the wheel, in seconds since 1970: the beginning of 1980.

The time is always the same, so that the same grader gives the same bytes.
"""

BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
SKIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", HANDOUT.name)


def build_wheel(files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Return the name and the bytes of a wheel. `files` maps paths to contents for the hand-out folder in the wheel.

    Raises UsageError if setuptools cannot build the wheel.
    """
    with tempfile.TemporaryDirectory(prefix="autograded-wheel-") as folder:
        tree, out = Path(folder, "tree"), Path(folder, "out")
        package = tree / PACKAGE.name
        shutil.copytree(PACKAGE, package, ignore=SKIPPED)
        for path, content in files.items():
            target = package / HANDOUT.name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        (tree / "pyproject.toml").write_text(_project(_local_version(files)), "utf-8")
        out.mkdir()
        built = subprocess.run(
            [sys.executable, "-c", BUILD, str(out)],
            cwd=tree,
            env={**os.environ, "SOURCE_DATE_EPOCH": BUILD_TIME, "PYTHONHASHSEED": "0"},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        found = next(out.glob("*.whl"), None)
        if built.returncode or found is None:
            last = (built.stderr.strip().splitlines() or ["?"])[-1]
            raise UsageError(
                "The wheel of the grader cannot be built ({error}). Run: pip install 'setuptools>=77'", error=last
            )
        return found.name, found.read_bytes()


def _local_version(files: Mapping[str, bytes]) -> str:
    """Return a label for the local version. The label changes if the public checks or the grader change."""
    return digest(code_hash(PACKAGE, (HANDOUT.name,)), *(part for item in sorted(files.items()) for part in item))[:8]


def _project(label: str) -> str:
    """Return the text of a pyproject.toml with the metadata of the installed grader, and `label` in its version."""
    metadata = importlib.metadata.metadata(PROJECT)
    needs = metadata.get_all("Requires-Dist") or []
    entry_points = importlib.metadata.distribution(PROJECT).entry_points
    public_version = metadata["Version"].partition("+")[0]
    lines = [
        '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"',
        f"[project]\nname = {json.dumps(PROJECT)}\nversion = {json.dumps(public_version + '+handout.' + label)}",
        f"description = {json.dumps(metadata['Summary'])}\nrequires-python = {json.dumps(metadata['Requires-Python'])}",
        f"dependencies = {json.dumps([need for need in needs if 'extra ==' not in need])}",
        "[project.optional-dependencies]",
        *(f"{extra} = {json.dumps(list(_extra_requirements(needs, extra)))}" for extra in STUDENT_EXTRAS),
        "[project.scripts]",
        *(f"{point.name} = {json.dumps(point.value)}" for point in entry_points if point.group == "console_scripts"),
        "[project.entry-points.pytest11]",
        *(f"{point.name} = {json.dumps(point.value)}" for point in entry_points if point.group == "pytest11"),
        '[tool.setuptools.packages.find]\ninclude = ["grader*"]',
        '[tool.setuptools.package-data]\n"*" = ["*", "**/*"]',
    ]
    return "\n".join(lines) + "\n"


def _extra_requirements(needs: Iterable[str], extra: str) -> Iterable[str]:
    """Yield the requirements of an extra, without the marker that names the extra."""
    for need in needs:
        requirement, _, marker = need.partition(";")
        if f'extra == "{extra}"' in marker:
            yield requirement.strip()
