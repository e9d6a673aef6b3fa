"""Scenarios of an instructor: grade downloads, override scores, and run every command that reads results."""

from __future__ import annotations

import shutil

from tests.record.normalizer import Rule
from tests.record.recorder import LANGUAGES, SEED, Recorder

MOODLE = f"grade class/moodle.zip --out en --roster class/worksheet.csv --policy policy.toml {SEED}"
GRADESCOPE = (
    "grade class/gradescope.zip --out zh --roster class/roster.csv --policy policy.toml --lang zh "
    f"--only ex1_losses --only ex2_lenet --only ex5_backward {SEED}"
)
TARGETS = {
    "canvas": "--into {into}/canvas.csv --from class/gradebook.csv --title 'Lab 2 losses (5512)'",
    "csv": "--into {into}",
    "github": "--into {into}",
    "gradescope": "--into {into}",
    "junit": "--into {into}/junit.xml",
    "moodle": "--into {into}/moodle.csv --from class/worksheet.csv",
    "parquet": "--into {into}",
    "prairielearn": "--into {into}",
}
"""Options of `grader export` for every target except nbgrader, which needs a gradebook and has its own scenario."""


def english(recorder: Recorder) -> None:
    """Grade a Moodle download on the whole course in English, override scores, run the commands that read results."""
    recorder.grader("english/1-grade", MOODLE)
    recorder.tree("english/1-grade", "en")
    for name, line in {
        "2-score": "70005 compute_mse_loss --score 1.5 --comment 'Right idea.'",
        "3-total": "70006 --score 30",
        "4-comment": "70007 mse_by_hand --comment '=1+1'",
        "5-total": "70008 --score 3",
        "6-remove": "70008 --remove",
        "7-unknown": "nobody --score 3",
    }.items():
        recorder.grader(f"english/{name}", f"override {line} --results en")
    recorder.grader("english/8-grade", MOODLE)
    recorder.tree("english/8-grade", "en")
    for lang in LANGUAGES:
        _read_results(recorder, lang)
    shutil.copytree(recorder.folder / "en", recorder.folder / "forgotten")
    recorder.grader("english/forget", "forget 70006 --results forgotten --yes --course course --policy policy.toml")
    recorder.tree("english/forget", "forgotten")


def _read_results(recorder: Recorder, lang: str) -> None:
    """Record exports, `show`, `similar` and `policy` in one language."""
    for target, options in TARGETS.items():
        into = f"exports-{lang}/{target}"
        (recorder.folder / into).mkdir(parents=True)
        line = f"export en --to {target} {options.format(into=into)} --course course --policy policy.toml"
        recorder.grader(f"english/exports/{lang}/{target}", line, lang=lang)
        recorder.tree(f"english/exports/{lang}/{target}", into)
    shown = ("70005", "70006 compute_mse_loss", "70001 lenet_forward", "70901", "70003", "70013", "70005 --rerun")
    for number, which in enumerate(shown, 1):
        recorder.grader(f"english/show/{lang}/{number}", f"show {which} --results en", lang=lang)
    similar = f"similar class/moodle.zip --out similar-{lang}.html --course course"
    recorder.grader(f"english/similar/{lang}", similar, lang=lang)
    recorder.file(f"english/similar/{lang}.html", f"similar-{lang}.html")
    recorder.grader(f"english/policy/{lang}", "policy --course course --policy policy.toml", lang=lang)


def chinese(recorder: Recorder) -> None:
    """Grade a Gradescope download in Chinese, override a score, grade again, and export the scores to Moodle.

    The download has several attempts, a group, and times of submission.
    """
    recorder.grader("chinese/1-grade", GRADESCOPE, lang="zh")
    recorder.tree("chinese/1-grade", "zh")
    override = "override s009 compute_mse_loss --score 0.5 --comment 思路对 --results zh"
    recorder.grader("chinese/2-override", override, lang="zh")
    recorder.grader("chinese/3-grade", GRADESCOPE, lang="zh")
    recorder.tree("chinese/3-grade", "zh")
    (recorder.folder / "moodle-zh").mkdir()
    export = "export zh --to moodle --from class/worksheet-zh.csv --into moodle-zh/upload.csv --course course"
    recorder.grader("chinese/4-moodle", export, lang="zh")
    recorder.tree("chinese/4-moodle", "moodle-zh")


def layouts(recorder: Recorder) -> None:
    """Grade six students from downloads of Canvas, nbgrader and GitHub; compare two runs; export to nbgrader."""
    for layout in ("canvas", "nbgrader", "github", "canvas-later"):
        out = f"few-{layout}"
        recorder.grader(f"layouts/{layout}", f"grade class/{layout} --out {out} --only ex1_losses {SEED}")
        recorder.tree(f"layouts/{layout}", out)
    for lang in LANGUAGES:
        recorder.grader(f"layouts/compare-{lang}", "compare few-canvas few-canvas-later", lang=lang)
    recorder.grader("layouts/release", "release books --nbgrader --only ex1_losses --seed 3 --course course")
    recorder.tree("layouts/release", "books")
    # The output of nbgrader itself is not recorded.
    recorder.prepare("-m nbgrader generate_assignment ex1_losses", "books")
    # nbgrader's own warnings come in an order that depends on the hash of strings.
    warning = Rule("", r"(?m)^<environment>/\S+/nbgrader/api\.py:\d+: SAWarning: .*\n  .*$", "<warning of SQLAlchemy>")
    recorder.grader("layouts/gradebook", "export few-nbgrader --to nbgrader --into books --course course", warning)
    # nbgrader's exported table names the students; the rows of its database have random ids.
    recorder.prepare("-m nbgrader export --to grades.csv", "books")
    recorder.tree("layouts/gradebook", "books")
