"""What is recorded: every command on the real course, in both languages where words are printed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor

from tests.record import classroom, interruption
from tests.record.normalizer import Rule
from tests.record.recorder import Recorder

LANGUAGES = ("en", "zh")
SEED = ("--seed", "20260101", "--jobs", "2", "--course", "course")
PART = ("--only", "ex1_losses", "--only", "ex2_lenet", "--only", "ex5_backward")
COMMANDS = (
    *("compare", "demo", "doctor", "export", "forget", "grade", "hint", "new", "override", "package", "policy"),
    *("progress", "release", "show", "similar", "sync", "watch"),
)
TARGETS = ("canvas", "csv", "github", "gradescope", "junit", "moodle", "parquet", "prairielearn")
FILES = {"junit": "junit.xml", "canvas": "canvas.csv", "moodle": "moodle.csv"}
"""Targets of an export that write a file, not a folder."""


def record_all(recorder: Recorder, only: Collection[str] = ()) -> list[str]:
    """Record all scenarios or some, two at a time; return a line for each that could not be recorded."""
    demo(recorder)
    scenarios = [scenario for name, scenario in SCENARIOS.items() if not only or name in only]
    with ThreadPoolExecutor(2) as threads:
        running = [(scenario.__name__, threads.submit(scenario, recorder)) for scenario in scenarios]
    return [f"{name}: not recorded: {error!r}" for name, future in running if (error := future.exception())]


def demo(recorder: Recorder) -> None:
    """The class, and the inputs that are made from it."""
    work = recorder.folder
    classroom.copy_course(work / "course")
    (work / "policy.toml").write_text(classroom.POLICY, "utf-8")
    recorder.grader("demo/demo", "demo", "demo", "--students", "30", "--course", "course")
    recorder.tree("demo/class", "demo")
    classroom.downloads_of(work / "demo", work / "class")


def english(recorder: Recorder) -> None:
    """The whole course from Moodle, overrides, then everything that reads the results."""
    grade = ("grade", "class/moodle.zip", "--out", "en", "--roster", "class/worksheet.csv", "--policy", "policy.toml")
    recorder.grader("english/1-grade", *grade, *SEED)
    recorder.tree("english/1-grade", "en")
    override = ("--results", "en")
    recorder.grader(
        "english/2-override",
        "override",
        "70005",
        "compute_mse_loss",
        "--score",
        "1.5",
        "--comment",
        "Right idea.",
        *override,
    )
    recorder.grader("english/3-override", "override", "70006", "--score", "30", *override)
    recorder.grader("english/4-override", "override", "70007", "mse_by_hand", "--comment", "=1+1", *override)
    recorder.grader("english/5-override", "override", "70008", "--score", "3", *override)
    recorder.grader("english/6-remove", "override", "70008", "--remove", *override)
    recorder.grader("english/7-unknown", "override", "nobody", "--score", "3", *override)
    recorder.grader("english/8-grade", *grade, *SEED)
    recorder.tree("english/8-grade", "en")
    for lang in LANGUAGES:
        _read_results(recorder, lang)
    shutil.copytree(recorder.folder / "en", recorder.folder / "forgotten")
    recorder.grader(
        "english/forget",
        "forget",
        "70006",
        "--results",
        "forgotten",
        "--yes",
        "--course",
        "course",
        "--policy",
        "policy.toml",
    )
    recorder.tree("english/forget", "forgotten")


def _read_results(recorder: Recorder, lang: str) -> None:
    """Exports, `show`, `similar` and `policy`, in one language."""
    for target in TARGETS:
        into = f"exports-{lang}/{target}/{FILES.get(target, '')}"
        (recorder.folder / f"exports-{lang}" / target).mkdir(parents=True)
        sheet = {"canvas": "class/gradebook.csv", "moodle": "class/worksheet.csv"}.get(target)
        template = ("--from", sheet) if sheet else ()
        title = ("--title", "Lab 2 losses (5512)") if target == "canvas" else ()
        policy = ("--course", "course", "--policy", "policy.toml")
        recorder.grader(
            f"english/exports/{lang}/{target}",
            "export",
            "en",
            "--to",
            target,
            "--into",
            into,
            *template,
            *title,
            *policy,
            lang=lang,
        )
        recorder.tree(f"english/exports/{lang}/{target}", f"exports-{lang}/{target}")
    for student, function in (
        ("70005", ""),
        ("70006", "compute_mse_loss"),
        ("70001", "lenet_forward"),
        ("70901", ""),
        ("70003", ""),
    ):
        recorder.grader(
            f"english/show/{lang}/{student}", "show", student, *filter(None, [function]), "--results", "en", lang=lang
        )
    recorder.grader(f"english/show/{lang}/rerun", "show", "70005", "--results", "en", "--rerun", lang=lang)
    recorder.grader(
        f"english/similar/{lang}",
        "similar",
        "class/moodle.zip",
        "--out",
        f"similar-{lang}.html",
        "--course",
        "course",
        lang=lang,
    )
    recorder.tree(f"english/similar/{lang}", f"similar-{lang}.html")
    recorder.grader(f"english/policy/{lang}", "policy", "--course", "course", "--policy", "policy.toml", lang=lang)


def chinese(recorder: Recorder) -> None:
    """A part of the course from Gradescope, in Chinese: attempts, a group, times; an override; an export to Moodle."""
    grade = (
        "grade",
        "class/gradescope.zip",
        "--out",
        "zh",
        "--roster",
        "class/roster.csv",
        "--policy",
        "policy.toml",
        "--lang",
        "zh",
    )
    recorder.grader("chinese/1-grade", *grade, *PART, *SEED, lang="zh")
    recorder.tree("chinese/1-grade", "zh")
    recorder.grader(
        "chinese/2-override",
        "override",
        "s009",
        "compute_mse_loss",
        "--score",
        "0.5",
        "--comment",
        "思路对",
        "--results",
        "zh",
        lang="zh",
    )
    recorder.grader("chinese/3-grade", *grade, *PART, *SEED, lang="zh")
    recorder.tree("chinese/3-grade", "zh")
    recorder.grader(
        "chinese/4-moodle",
        "export",
        "zh",
        "--to",
        "moodle",
        "--from",
        "class/worksheet-zh.csv",
        "--into",
        "moodle-zh/upload.csv",
        "--course",
        "course",
        lang="zh",
    )
    recorder.tree("chinese/4-moodle", "moodle-zh")


def layouts(recorder: Recorder) -> None:
    """Six students from the other systems; two runs compared; the gradebook of nbgrader."""
    for layout in ("canvas", "nbgrader", "github", "canvas-later"):
        recorder.grader(
            f"layouts/{layout}", "grade", f"class/{layout}", "--out", f"few-{layout}", "--only", "ex1_losses", *SEED
        )
        recorder.tree(f"layouts/{layout}", f"few-{layout}")
    for lang in LANGUAGES:
        recorder.grader(f"layouts/compare/{lang}", "compare", "few-canvas", "few-canvas-later", lang=lang)
    recorder.grader(
        "layouts/nbgrader-export/1-release",
        "release",
        "books",
        "--nbgrader",
        "--only",
        "ex1_losses",
        "--seed",
        "3",
        "--course",
        "course",
    )
    recorder.tree("layouts/nbgrader-export/1-release", "books")
    # nbgrader logs the moment of every line; what it says is not ours.
    recorder.run("-m", "nbgrader", "generate_assignment", "ex1_losses", cwd="books")
    recorder.grader(
        "layouts/nbgrader-export/2-export",
        "export",
        "few-nbgrader",
        "--to",
        "nbgrader",
        "--into",
        "books",
        "--course",
        "course",
    )
    recorder.run("-m", "nbgrader", "export", "--to", "grades.csv", cwd="books")
    recorder.tree("layouts/nbgrader-export/2-export", "books")


def generated(recorder: Recorder) -> None:
    """What authors generate and prove, and what is given away."""
    recorder.grader("generated/sync", "sync", "--check", "--course", "course", "--jobs", "2")
    recorder.grader("generated/doctor", "doctor", "--only", "compute_mse_loss", "--course", "course", "--jobs", "2")
    recorder.grader(
        "generated/doctor-zh",
        "doctor",
        "--only",
        "lr_at_step",
        "--no-mutants",
        "--course",
        "course",
        "--jobs",
        "2",
        lang="zh",
    )
    for lang in LANGUAGES:
        shutil.copytree(recorder.folder / "course", recorder.folder / f"new-{lang}")
        recorder.grader(
            f"generated/new-{lang}", "new", "ex10_square", "square", "cube", "--course", f"new-{lang}", lang=lang
        )
        for file in sorted((recorder.folder / f"new-{lang}").rglob("*ex10_square*")):
            name = file.relative_to(recorder.folder / f"new-{lang}").as_posix()
            recorder.write(f"generated/new-{lang}/{name}", file.read_text("utf-8"))
        # The deadlines in the example are some weeks from now.
        dates = Rule("", r"\b20\d\d-\d\d-\d\d(?=[T ])", "<date>")
        recorder.grader(f"generated/policy-new-{lang}", "policy", "--new", "--course", f"new-{lang}", lang=lang)
        recorder.write(
            f"generated/policy-new-{lang}.toml", (recorder.folder / f"new-{lang}/grader.toml").read_text("utf-8"), dates
        )
    recorder.grader(
        "generated/release/both",
        "release",
        "handout",
        "--only",
        "ex1_losses",
        "--only",
        "ex5_backward",
        "--course",
        "course",
    )
    recorder.tree("generated/release/both", "handout")
    recorder.grader(
        "generated/release/zh",
        "release",
        "handout-zh",
        "--only",
        "ex1_losses",
        "--lang",
        "zh",
        "--course",
        "course",
        lang="zh",
    )
    recorder.tree("generated/release/zh", "handout-zh")
    recorder.grader("generated/release/again", "release", "handout", "--only", "ex1_losses", "--course", "course")
    for target, into in (("gradescope", "autograder.zip"), ("prairielearn", "image"), ("github", "template")):
        source = ("--grader-source", "git+https://example.edu/grader") if target == "github" else ("--seed", "3")
        recorder.grader(
            f"generated/package/{target}",
            "package",
            target,
            "--only",
            "ex1_losses",
            "--into",
            f"packages/{target}/{into}",
            *source,
            "--course",
            "course",
        )
        recorder.tree(f"generated/package/{target}", f"packages/{target}")


def learner(recorder: Recorder) -> None:
    """A student's folder: pytest, hints, progress and `check` in a script."""
    for lang in LANGUAGES:
        cwd = f"student-{lang}"
        classroom.learner(recorder.folder / cwd)
        recorder.python(
            f"learner/{lang}/pytest", "-m", "pytest", "-p", "no:cacheprovider", "exercises", cwd=cwd, lang=lang
        )
        recorder.python(
            f"learner/{lang}/pytest-v",
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-v",
            "exercises",
            "-k",
            "mse",
            cwd=cwd,
            lang=lang,
        )
        for number, function in enumerate(["compute_mse_loss"] * 4 + ["bce_with_logits", "nothing"], 1):
            recorder.grader(f"learner/{lang}/hint-{number}", "hint", function, cwd=cwd, lang=lang)
        recorder.grader(f"learner/{lang}/progress", "progress", cwd=cwd, lang=lang)
        recorder.python(f"learner/{lang}/check", "try_out.py", cwd=f"{cwd}/exercises", lang=lang)


def help_pages(recorder: Recorder) -> None:
    """The help of every command, and mistakes in a command line."""
    for lang in LANGUAGES:
        recorder.grader(f"help_pages/{lang}/grader", "--help", lang=lang)
        for command in COMMANDS:
            recorder.grader(f"help_pages/{lang}/{command}", command, "--help", lang=lang)
        recorder.grader(f"help_pages/errors/{lang}/no-folder", "grade", "nowhere", "--out", "none", *SEED, lang=lang)
        recorder.grader(
            f"help_pages/errors/{lang}/no-function",
            "grade",
            "class/canvas",
            "--out",
            "none",
            "--only",
            "nothing",
            *SEED,
            lang=lang,
        )
        recorder.grader(f"help_pages/errors/{lang}/no-option", "grade", "--nothing", lang=lang)
        recorder.grader(
            f"help_pages/errors/{lang}/no-results", "export", "nowhere", "--to", "csv", "--into", "none", lang=lang
        )


SCENARIOS: dict[str, Callable[[Recorder], None]] = {
    scenario.__name__: scenario
    for scenario in (
        english,
        generated,
        interruption.interrupted,
        interruption.on_dask,
        chinese,
        layouts,
        learner,
        help_pages,
    )
}
"""Each writes into the folder of its name. The longest begin first."""
