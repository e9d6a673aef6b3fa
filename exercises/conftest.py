"""Says in one line what is missing to check these exercises. It must stay readable for Python 3.6."""

import sys
from pathlib import Path

python = f"{sys.version.split()[0]} ({sys.executable})"
if sys.version_info < (3, 11):  # noqa: UP036  (an older Python is just what is looked for)
    raise SystemExit(f"The exercises need Python 3.11 or newer (练习需要 Python 3.11 或更新版本); this is {python}")
try:
    import grader  # noqa: F401  (whether it is there is the question)
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
        """Accept the options of autograded, so that the run gets as far as the message."""
        parser.addoption("--lang")

    def pytest_collectstart(collector):
        """End the run with the message before a file of checks is imported."""
        import pytest

        pytest.exit(message, returncode=4)
