"""Capture the class page and a student's page of a made-up class in which all parts of the pages have content.

    python -m tests.page_captures OUT

The folder OUT gets pictures in light and dark colors, on a phone, in print, and in Chinese. `make captures` runs this.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image, ImageOps

from grader.authoring.demo_students import make_demo_students
from grader.course.library import Library, open_library
from grader.reports.pages.student_totals import page_path
from tests.browser import look_as, start

ROOT = Path(__file__).parents[1]
STUDENTS, SEED, EXERCISES = 30, 3, ("ex1_losses", "ex2_lenet", "ex6_by_hand")
DUE = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
FAILED, UNREADABLE, AMBIGUOUS, SET, CHANGED = 4, 12, 21, 7, 13
"""Numbers of students with special submissions or scores.

FAILED has a known mistake, UNREADABLE handed in PDF files named .py, AMBIGUOUS defined a function in two files. An
instructor has set a score of SET and of CHANGED, and the automatic score of CHANGED has changed since.
"""
FAILED_FUNCTION = "bce_with_logits"
"""The function in which FAILED has the mistake, and the id of its part of the student's page."""
HALF = 15
"""Number of a student who did not start some functions."""
SAME = (6, 16, 24)
"""Numbers of students who have the answers of FAILED, so that some misconceptions are common and occur together."""
COLORS = 128
"""Number of colors of a picture. With fewer, the colors of the charts and boxes would change, because they are rare."""

POLICY = """
time_zone = "Asia/Shanghai"
[deadlines]
course = 2026-11-20T23:59:00
ex6_by_hand = 2026-11-22T23:59:00
[late]
percent_per_day = 10
"""
OVERRIDES = f"""student,function,score,comment,automatic
s{SET:03},mse_by_hand,2,right idea,0
s{CHANGED:03},cross_entropy_from_logits,1.5,shown in the tutorial,3.75
"""

PICTURES = {
    "light": {"width": 1000, "scheme": "light"},
    "dark": {"width": 1000, "scheme": "dark"},
    "phone": {"width": 360, "scheme": "light"},
    "print": {"width": 720, "scheme": "light", "media": "print"},
}
README_LOOK = {"width": 620, "scheme": "light", "frame": 1}
"""Look of the two pictures in the read-me file, which shows them in 410 pixels. In wider ones the text is too small."""
MAX_HEIGHT = {"class": 1600, "student": 900, "readme": 690}
"""Maximum height of a picture in pixels, by the kind of the page."""


def write_class(folder: Path, library: Library) -> None:
    """Write the submissions in nbgrader's layout, a policy, and a roster on which one student has not submitted."""
    roster = ["student,name,email"]
    students = list(make_demo_students(library, STUDENTS, SEED))
    for number, student in enumerate(students):
        id = f"s{number:03}"
        roster.append(f"{id},{student.name},{id}@example.edu")
        answers = students[FAILED if number in SAME else number].files
        files = {name: data for name, data in answers.items() if name.removesuffix(".py") in EXERCISES}
        if number == UNREADABLE:
            files = {name: b"%PDF-1.7\0" + data for name, data in files.items()}
        if number == AMBIGUOUS:
            solution = files.pop(f"{EXERCISES[0]}.py")
            files |= {"draft.py": solution, "final.py": solution}
        # Most students hand in during the last days before the deadline, a few after it.
        moment = DUE - timedelta(hours=(number * 37) % 100) + timedelta(hours=110 if number % 9 == 8 else 0)
        files["timestamp.txt"] = moment.isoformat().encode()
        for name, data in files.items():
            path = folder / "submitted" / id / "losses" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    roster.append("s099,周杰 (missing),s099@example.edu")
    (folder / "roster.csv").write_text("\n".join(roster) + "\n", "utf-8")
    (folder / "grader.toml").write_text(POLICY, "utf-8")


def grade_class(folder: Path, language: str) -> Path:
    """Grade the class in one language, and return the results folder."""
    from tests.captures import run

    results = folder / f"class.{language}"
    results.mkdir()
    (results / "overrides.csv").write_text(OVERRIDES, "utf-8")
    options = [word for name in EXERCISES for word in ("--only", name)]
    options += ["--course", str(ROOT), "--roster", "roster.csv", "--policy", "grader.toml", "--seed", "7"]
    grader = str(Path(sys.executable).with_name("grader"))
    run(folder, grader, "grade", "submitted", "--out", results.name, *options, "--lang", language)
    return results


def capture_pages(out: Path) -> None:
    """Write the pictures of the class page and of a student's page into a folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_class(folder, open_library(ROOT))
        results = {language: grade_class(folder, language) for language in ("en", "zh")}
        driver = start(folder / "profile")
        try:
            for look, options in PICTURES.items():
                take_picture(driver, results["en"] / "index.html", out / f"class.{look}.png", "class", **options)
                student = page_path(f"s{HALF if look == 'phone' else FAILED:03}")
                take_picture(driver, results["en"] / student, out / f"student.{look}.png", "student", **options)
            take_picture(driver, results["zh"] / "index.html", out / "class.zh.png", "class", **PICTURES["light"])
            student = results["zh"] / page_path(f"s{FAILED:03}")
            take_picture(driver, student, out / "student.zh.png", "student", **PICTURES["phone"])
            for language, folder_of_results in results.items():
                page, student = folder_of_results / "index.html", folder_of_results / page_path(f"s{FAILED:03}")
                take_picture(driver, page, out / f"class.readme.{language}.png", "readme", **README_LOOK)
                picture = out / f"student.readme.{language}.png"
                take_picture(driver, student, picture, "readme", part=FAILED_FUNCTION, **README_LOOK)
            for part, picture in (("functions-all", "class.functions.png"), ("everybody", "class.students.png")):
                page = results["en"] / "index.html"
                take_picture(driver, page, out / picture, "student", part=part, **PICTURES["light"])
        finally:
            driver.quit()


def take_picture(
    driver,
    page: Path,
    picture: Path,
    kind: str,
    width: int,
    scheme: str,
    media: str = "screen",
    part: str = "",
    frame: int = 0,
) -> None:
    """Write a picture of a page. It is as high as the page, but at most MAX_HEIGHT[kind].

    If `part` is the id of an element, the page is scrolled to this element. A gray frame of `frame` pixels goes around
    the picture.
    """
    driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    look_as(driver, width, MAX_HEIGHT[kind], scheme, media)
    driver.get(page.as_uri())
    height = min(MAX_HEIGHT[kind], driver.execute_script("return document.documentElement.scrollHeight"))
    look_as(driver, width, height, scheme, media)
    if part:
        driver.execute_script("document.getElementById(arguments[0]).scrollIntoView()", part)
    driver.save_screenshot(str(picture))
    with Image.open(picture) as image:
        framed = ImageOps.expand(image.convert("RGB"), border=frame, fill="#d0d7de")
        framed.quantize(COLORS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            picture, optimize=True
        )


if __name__ == "__main__":
    capture_pages(Path(sys.argv[1]).resolve())
