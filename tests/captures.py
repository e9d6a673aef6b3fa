"""Capture the report on one wrong answer in every place where a learner sees it, in English and Chinese.

    python -m tests.captures OUT

The folder OUT gets the texts of pytest, `grader watch`, a card and a hint; pictures of a terminal, of a card and of a
page; and the pictures of `tests.page_captures`.
"""

from __future__ import annotations

import html
import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pexpect
from PIL import Image
from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tests.browser import look_as, start
from tests.page_captures import capture_pages

ROOT = Path(__file__).parents[1]
EXERCISE, FUNCTION = "ex1_losses", "mse_by_hand"
MAX_HEIGHT = 1500
"""Maximum height of a picture, in pixels."""

LINE_START, ANSI = re.compile(r"\x1b\[\d+;1H"), re.compile(r"\x1b(?:\[[0-9;?]*[a-zA-Z]|[=>])")
"""Escape sequences of a terminal: the one that moves to the start of a line, and all others."""

FONTS = "'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace"
"""Fonts of a picture of a terminal. Every system has one of these fixed-width fonts, so the columns line up."""

TEXT = re.compile(r'<text ([^>]*?) x="([0-9.]+)"([^>]*?) textLength="[0-9.]+"([^>]*)>([^<]*)</text>')
SAME_WIDTH = re.compile(r"[\x00-\xff]+|[^\x00-\xff]+")
CELL = 12.2
"""Width of one cell in Rich's pictures of a terminal, in pixels."""

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
    for language in ("en", "zh"):  # each in a new folder, because `grader hint` gives another hint the second time
        with tempfile.TemporaryDirectory() as folder:
            exercises = Path(folder, "exercises")
            shutil.copytree(ROOT / "exercises", exercises)
            solution = (ROOT / "solutions" / f"{EXERCISE}.py").read_text("utf-8")
            (exercises / f"{EXERCISE}.py").write_text(solution.replace(RIGHT, WRONG), "utf-8")
            capture(Path(folder), out, language)
    capture_pages(out)


def capture(folder: Path, out: Path, language: str) -> None:
    """Write the captures of one language into `out`; `folder` has the student's exercises."""
    test = f"exercises/test_{EXERCISE}.py::{FUNCTION}"
    python, grader = sys.executable, str(Path(sys.executable).with_name("grader"))
    pytest_lines = run(folder, python, "-m", "pytest", "-q", "-p", "no:cacheprovider", test, "--lang", language)
    (out / f"pytest.{language}.txt").write_text(pytest_lines, "utf-8")
    hint = run(folder, grader, "hint", FUNCTION, "--lang", language, FORCE_COLOR="1")
    (out / f"hint.{language}.txt").write_text(ANSI.sub("", hint), "utf-8")
    (out / f"hint.{language}.svg").write_text(terminal_picture(f"grader hint {FUNCTION}", hint), "utf-8")
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


def run(folder: Path, *command: str, **more: str) -> str:
    """Run a command, which may fail, and return its output without trailing blanks.

    `more` are additional environment variables.
    """
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "COLUMNS": "80", "LC_ALL": "C.UTF-8", **more}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()) + "\n"


def terminal_picture(command: str, printed: str) -> str:
    """Return an SVG of a terminal with a command and its output `printed`, in color. The SVG loads no font."""
    console = Console(record=True, width=80, file=io.StringIO())
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi(printed))
    picture = console.export_svg(title=command, theme=MONOKAI, unique_id="terminal")
    without_fonts = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    return TEXT.sub(_in_cells, without_fonts).replace("Fira Code, monospace", FONTS)


def _in_cells(text: re.Match[str]) -> str:
    """Return a text element of an SVG in several parts, each at the place where a terminal shows it.

    A part has only Chinese or only other characters. Rich gives a Chinese character one cell, but a terminal gives it
    two.
    """
    before, x, between, after, content = text.groups()
    place, parts = float(x), []
    for part in SAME_WIDTH.findall(html.unescape(content)):
        width = CELL * cell_len(part)
        attributes = f'{before} x="{place:.1f}"{between} textLength="{width:.1f}"{after}'
        parts.append(f"<text {attributes}>{html.escape(part).replace(' ', '&#160;')}</text>")
        place += width
    return "".join(parts)


def watch(folder: Path, grader: str, language: str) -> str:
    """Return the page that `grader watch` shows in a terminal after the checks have run."""
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
    """Write a picture of a page. It is `width` pixels wide, and as high as the page, but at most MAX_HEIGHT."""
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
