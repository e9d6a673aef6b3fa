"""Scenarios with the commands of authors and learners, and with `--help`."""

from __future__ import annotations

import shutil

from tests.record import classroom
from tests.record.normalizer import Rule
from tests.record.recorder import LANGUAGES, SEED, Recorder

COMMANDS = (
    *("compare", "demo", "doctor", "export", "forget", "grade", "hint", "init", "new", "override", "package", "policy"),
    *("progress", "release", "show", "similar", "sync", "watch"),
)
PACKAGES = {
    "gradescope": "--into packages/gradescope/autograder.zip --seed 3",
    "prairielearn": "--into packages/prairielearn/image --seed 3",
    "github": "--into packages/github/template --grader-source git+https://example.edu/grader",
}
HINTS = (*["compute_mse_loss"] * 4, "bce_with_logits", "mse_by_hand --level 3", "nothing")
"""Arguments of `grader hint`, in this order, because each hint depends on the hints that were shown before."""


def authors(recorder: Recorder) -> None:
    """Record the commands with which authors generate and test a course."""
    recorder.grader("authors/sync", "sync --check --course course --jobs 2")
    recorder.grader("authors/doctor", "doctor --only compute_mse_loss --course course --jobs 2")
    doctor = "doctor --only lr_at_step --no-mutants --course course --jobs 2"
    recorder.grader("authors/doctor-zh", doctor, lang="zh")
    for lang in LANGUAGES:
        name = f"new-{lang}"
        shutil.copytree(recorder.folder / "course", recorder.folder / name)
        recorder.grader(f"authors/{name}", f"new ex10_square square cube --course {name}", lang=lang)
        for file in sorted((recorder.folder / name).rglob("*ex10_square*")):
            path = file.relative_to(recorder.folder).as_posix()
            recorder.file(f"authors/{path}", path)
        # The deadlines in the example depend on today's date.
        dates = Rule("", r"\b20\d\d-\d\d-\d\d\b", "<date>")
        recorder.grader(f"authors/policy-{lang}", f"policy --new --course {name}", lang=lang)
        recorder.file(f"authors/policy-{lang}.toml", f"{name}/grader.toml", dates)


def release(recorder: Recorder) -> None:
    """Record hand-outs, and autograders for other systems."""
    both = "release handout --only ex1_losses --only ex5_backward --course course"
    recorder.grader("release/both", both)
    recorder.tree("release/both", "handout")
    # Removed files are listed in the order of a set, which depends on the hash of strings.
    removed = Rule("", r"(?m)(?:^removed: .*\n)+", lambda lines: "".join(sorted(lines[0].splitlines(True))))
    recorder.grader("release/again", "release handout --only ex1_losses --course course", removed)
    recorder.grader("release/zh", "release handout-zh --only ex1_losses --lang zh --course course", lang="zh")
    recorder.tree("release/zh", "handout-zh")
    for target, options in PACKAGES.items():
        (recorder.folder / "packages" / target).mkdir(parents=True)
        recorder.grader(f"release/{target}", f"package {target} --only ex1_losses {options} --course course")
        recorder.tree(f"release/{target}", f"packages/{target}")


def learner(recorder: Recorder) -> None:
    """Record pytest, hints, progress, and a script with `check` in a student's folder."""
    for lang in LANGUAGES:
        cwd = f"student-{lang}"
        classroom.learner(recorder.folder / cwd)
        pytest = "-m pytest -p no:cacheprovider exercises"
        recorder.python(f"learner/{lang}/pytest", pytest, cwd=cwd, lang=lang)
        recorder.python(f"learner/{lang}/pytest-v", f"{pytest} -v -k mse", cwd=cwd, lang=lang)
        for number, what in enumerate(HINTS, 1):
            recorder.grader(f"learner/{lang}/hint-{number}", f"hint {what}", cwd=cwd, lang=lang)
        recorder.grader(f"learner/{lang}/progress", "progress", cwd=cwd, lang=lang)
        recorder.python(f"learner/{lang}/check", "try_out.py", cwd=f"{cwd}/exercises", lang=lang)


def help_pages(recorder: Recorder) -> None:
    """Record the help of every command, and the errors of wrong command lines."""
    for lang in LANGUAGES:
        recorder.grader(f"help_pages/{lang}/grader", "--help", lang=lang)
        for command in COMMANDS:
            recorder.grader(f"help_pages/{lang}/{command}", f"{command} --help", lang=lang)
        for name, line in {
            "no-folder": f"grade nowhere --out none {SEED}",
            "no-function": f"grade class/canvas --out none --only nothing {SEED}",
            "no-option": "grade --nothing",
            "no-results": "export nowhere --to csv --into none",
        }.items():
            recorder.grader(f"help_pages/{lang}/error-{name}", line, lang=lang)
