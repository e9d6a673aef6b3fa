"""Capture one wrong answer in every place where a learner sees it, in English and Chinese.

python -m tests.captures OUT     text of pytest, watch, a card and `grader try`; pictures of a card and of a page;
                                 then the pictures of `tests.page_captures`
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pexpect
from PIL import Image

from tests.browser import look_as, start
from tests.page_captures import capture_pages

ROOT = Path(__file__).parents[1]
EXERCISE, FUNCTION = "ex1_losses", "mse_by_hand"
MAX_HEIGHT = 1500
"""Pixels of a picture, at most."""

LINE_START, ANSI = re.compile(r"\x1b\[\d+;1H"), re.compile(r"\x1b(?:\[[0-9;?]*[a-zA-Z]|[=>])")
"""Sequences of a terminal: one that begins a line, and all others."""

RIGHT, WRONG = "return squares.mean()", "return squares.sum() / output.shape[0]"
CARD = f"""
import sys
sys.path.insert(0, ".")
from {EXERCISE} import {FUNCTION}
from grader import check
card = check({FUNCTION}, lang=sys.argv[1])
open(sys.argv[2], "w", encoding="utf-8").write("<meta charset=utf-8><body style='margin:1em'>" + card._repr_html_())
"""


def main() -> None:
    """Write the captures into the folder that the command line names."""
    out = Path(sys.argv[1]).resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        exercises = Path(folder, "exercises")
        shutil.copytree(ROOT / "exercises", exercises)
        solution = (ROOT / "solutions" / f"{EXERCISE}.py").read_text("utf-8")
        (exercises / f"{EXERCISE}.py").write_text(solution.replace(RIGHT, WRONG), "utf-8")
        for language in ("en", "zh"):
            capture(Path(folder), out, language)
    capture_pages(out)


def capture(folder: Path, out: Path, language: str) -> None:
    """Write the captures of one language."""
    test = f"exercises/test_{EXERCISE}.py::{FUNCTION}"
    python, grader = sys.executable, str(Path(sys.executable).with_name("grader"))
    pytest_lines = run(folder, python, "-m", "pytest", "-q", "-p", "no:cacheprovider", test, "--lang", language)
    (out / f"pytest.{language}.txt").write_text(pytest_lines, "utf-8")
    hint = run(folder, grader, "hint", FUNCTION, "--lang", language)
    (out / f"hint.{language}.txt").write_text(hint, "utf-8")
    (out / f"watch.{language}.txt").write_text(watch(folder, grader, language), "utf-8")
    card = folder / f"card.{language}.html"
    text = run(folder / "exercises", python, "-c", CARD, language, str(card))
    (out / f"card.{language}.txt").write_text(text, "utf-8")
    submissions, results = folder / "submissions" / "ada", folder / f"results.{language}"
    submissions.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "exercises" / f"{EXERCISE}.py", submissions)
    options = ("--course", str(ROOT), "--only", FUNCTION, "--seed", "7", "--lang", language)
    run(folder, grader, "grade", "submissions", "--out", results.name, *options)
    page = next((results / "students").glob("*.html"))
    take_picture(card, out / f"card.{language}.png", 760)
    take_picture(page, out / f"page.{language}.png", 900)


def run(folder: Path, *command: str) -> str:
    """Return what a command prints, without trailing blanks; its exit code does not matter here."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()) + "\n"


def watch(folder: Path, grader: str, language: str) -> str:
    """Return the page of `grader watch` in a terminal after the checks have run, without blank lines."""
    arguments = ["watch", f"exercises/{EXERCISE}.py", "--lang", language]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    child = pexpect.spawn(
        grader, arguments, cwd=str(folder), env=environment, dimensions=(40, 80), encoding="utf-8", timeout=60
    )
    shown = ""
    for wanted in (FUNCTION, "quit|退出"):
        child.expect(wanted)
        shown += child.before + child.after
    child.sendeof()
    child.close()
    pages = ANSI.sub("", LINE_START.sub("\n", shown))
    text = re.sub(r"\n{4,}", "\n\n\n", pages[pages.rindex("autograded  ") :].replace("\r", ""))
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def take_picture(page: Path, picture: Path, width: int) -> None:
    """Write a picture of a page, `width` pixels wide and as high as the page, up to MAX_HEIGHT."""
    with tempfile.TemporaryDirectory() as profile:
        driver = start(profile)
        try:
            driver.get(page.as_uri())
            look_as(driver, width, MAX_HEIGHT)
            height = min(MAX_HEIGHT, driver.execute_script("return document.body.scrollHeight") + 20)
            look_as(driver, width, height)
            driver.save_screenshot(str(picture))
            with Image.open(picture) as image:
                image.convert("RGB").quantize(48).save(picture, optimize=True)
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
