"""The wheel of this project, built once for the tests of packaging."""

import shutil
import zipfile

import pytest

from tests.tools import ROOT, command

NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "demo", "*.egg-info", "attacks")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The unpacked wheel of a copy of the project, solutions and hidden checks included."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "source", ignore=NOT_COPIED)
    assert (folder / "source/solutions").is_dir() and (folder / "source/tests/hidden").is_dir()
    options = ("--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--no-index")
    done = command("-m", "pip", "wheel", "-q", *options, "-w", folder / "made", folder / "source", cwd=folder)
    assert done.returncode == 0, done.stdout
    (made,) = (folder / "made").glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"
