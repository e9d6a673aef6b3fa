"""What a learner uses, tried on this machine with the installed package: `python -m tests.release.learner`.

It needs neither Linux nor the packages of the tests, so CI also runs it on macOS and Windows. It makes a hand-out, and
runs in it what a learner runs: untouched stubs, solved exercises, a wrong answer, an endless loop, a script of a check.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LONGEST = 300.0
"""Seconds after which a command counts as hanging."""

WRONG_ANSWER = "def newton_sqrt(a, tol=1e-12, max_iter=100):\n    return a / 2\n"
ENDLESS_LOOP = "def newton_sqrt(a, tol=1e-12, max_iter=100):\n    while True:\n        pass\n"


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run Python with arguments in the hand-out; return the exit code and all that it printed."""
    environment = os.environ | {"COLUMNS": "120", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LONGEST,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace")


def hand_out(folder: Path, solved: bool) -> Path:
    """Copy what a learner gets; with `solved`, the solutions are in the place of the stubs."""
    shutil.copytree(ROOT / "exercises", folder / "exercises", ignore=shutil.ignore_patterns("__pycache__", "notebooks"))
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -q\n", "utf-8")
    if solved:
        for path in (ROOT / "solutions").glob("ex*.py"):
            shutil.copy(path, folder / "exercises")
    return folder


def with_answer(folder: Path, function: str, answer: str) -> Path:
    """Append an answer to the file of the function: in Python, the last definition counts."""
    (stub,) = (
        path
        for path in (folder / "exercises").glob("ex*.py")
        if re.search(rf"^def {function}\(", path.read_text("utf-8"), re.M)
    )
    with stub.open("a", encoding="utf-8") as file:
        file.write(f"\n\n{answer}")
    return folder


def script_of_a_check(folder: Path, check: str) -> tuple[int, str]:
    """Write a check as a script, and run the script without the grader."""
    code, said = run(folder, "-m", "grader.cli", "try", check, "--write", "check.py")
    return (code, said) if code else run(folder, "check.py")


def trials(place: Path) -> list[tuple[str, bool, str]]:
    """Run everything in folders below `place`; return name, success and output of each trial."""
    untouched, solved = hand_out(place / "untouched", False), hand_out(place / "solved", True)
    wrong = with_answer(hand_out(place / "wrong", False), "newton_sqrt", WRONG_ANSWER)
    endless = with_answer(hand_out(place / "endless", False), "newton_sqrt", ENDLESS_LOOP)
    grader, pytest = ("-m", "grader.cli"), ("-m", "pytest", "exercises")
    found = []

    def expect(name: str, code: int, words: str, done: tuple[int, str]) -> None:
        found.append((name, done[0] == code and re.search(words, done[1]) is not None, done[1]))

    expect("the version", 0, r"autograded \d", run(place, *grader, "--version"))
    expect("untouched stubs are not started", 1, r"\d+ not started in", run(untouched, *pytest))
    expect("solved exercises pass", 0, r"Every check passed", run(solved, *pytest))
    expect("solved exercises pass in Chinese", 0, r"检查项全部通过", run(solved, *pytest, "--lang", "zh"))
    expect("a wrong answer fails", 1, r"returned .*, expected", run(wrong, *grader, "check", "newton_sqrt"))
    expect("an endless loop is ended", 1, r"timed out", run(endless, *grader, "check", "newton_sqrt"))
    expect("a hint asks", 0, r"hint: .*\?", run(wrong, *grader, "hint", "newton_sqrt"))
    expect("progress names the next step", 0, r"newton_sqrt", run(wrong, *grader, "progress"))
    expect("a check as a script", 1, r"returned .*, expected", script_of_a_check(wrong, "newton_sqrt"))
    return found


def main() -> int:
    """Print a line for each trial, and the output of those that failed; return the exit code."""
    with tempfile.TemporaryDirectory() as place:
        found = trials(Path(place))
    print(f"{platform.platform()}, Python {platform.python_version()}")
    for name, passed, said in found:
        print(f"{'passed' if passed else 'FAILED'}  {name}")
        if not passed:
            print(said)
    return 0 if all(passed for _, passed, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main())
