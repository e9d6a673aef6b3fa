"""Say in one line what is missing to check these exercises. Python 3.6 must be able to parse this file."""

import sys
from pathlib import Path

python = f"{sys.version.split()[0]} ({sys.executable})"
if sys.version_info < (3, 11):  # noqa: UP036  (this line looks for an older Python)
    raise SystemExit(f"The exercises need Python 3.11 or newer (练习需要 Python 3.11 或更新版本); this is {python}")
try:
    import grader  # noqa: F401  (imported to see whether it is installed)
except ImportError:
    folder = Path(__file__).resolve().parents[1]
    is_here = Path.cwd() == folder
    if (folder / "requirements.txt").exists():  # in a hand-out
        packages = "-r requirements.txt" if is_here else f'-r "{folder / "requirements.txt"}"'
    elif (folder / "pyproject.toml").exists():  # in a clone of the project
        packages = "." if is_here else f'"{folder}"'
    else:
        packages = "autograded"
    message = (
        f"autograded is not installed for Python {python} (这个 Python 没有安装 autograded). "
        f"Install it (请安装): {sys.executable} -m pip install {packages}"
    )

    def pytest_addoption(parser):
        """Accept the option --lang of autograded: else pytest stops with another message, about an unknown option."""
        parser.addoption("--lang")

    def pytest_collectstart(collector):
        """End the run with the message before a file of checks is imported."""
        import pytest

        pytest.exit(message, returncode=4)
