"""GitHub Classroom: the workflow that runs in every student's repository.

The owner of a repository can change its workflow and read what its secrets give access to. So by default the workflow
runs only the public checks, with GitHub's graders: one step for each function, all points or none. With a private
repository of the course, the workflow runs all checks with `grader`; use this only if students may have the token.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.core.errors import UsageError
from grader.packaging.autograder_bundle import AutograderBundle, requirements, write_files

WORKFLOW = ".github/workflows/classroom.yml"
PYTHON = "3.12"
GRADER_MINUTES = 10
"""Time limit in minutes for grading one repository."""
JOB_MINUTES = 60
"""Time limit in minutes for the whole job, which also installs torch."""
HEAD = """\
# Written by `grader package github`: change the course and write it anew rather than editing this file.
"""
TORCH_INDEX = "--index-url https://download.pytorch.org/whl/cpu --extra-index-url https://pypi.org/simple"


def package(bundle: AutograderBundle, into: Path) -> list[Path]:
    """Write the workflow into a folder, which should be the template repository of the assignment.

    Raises UsageError.
    """
    import yaml

    steps = [
        {"uses": "actions/checkout@v4"},
        {"uses": "actions/setup-python@v5", "with": {"python-version": PYTHON}},
        *(_all_checks(bundle) if bundle.options["repository"] else _public_checks(bundle)),
    ]
    workflow: Mapping[str, Any] = {
        "name": "Autograding Tests",
        "on": ["push", "workflow_dispatch", "repository_dispatch"],
        "permissions": {"checks": "write", "actions": "read", "contents": "read"},
        "concurrency": {"group": "${{ github.ref }}", "cancel-in-progress": True},
        "jobs": {
            "run-autograding-tests": {
                "runs-on": "ubuntu-latest",
                "if": "github.actor != 'github-classroom[bot]'",
                "timeout-minutes": JOB_MINUTES,
                "steps": steps,
            }
        },
    }
    text = HEAD + yaml.safe_dump(dict(workflow), sort_keys=False, allow_unicode=True, width=1000)
    return write_files(into, {WORKFLOW: text.encode()})


def _public_checks(bundle: AutograderBundle) -> list[dict[str, Any]]:
    """Return the steps for public checks: install the grader, check each function (one step each), report."""
    source, torch = bundle.options["source"], requirements().splitlines()[0]
    if not source:
        raise UsageError(
            "--grader-source is missing: what pip installs the grader from in a student's repository. "
            "For example: --grader-source git+https://github.com/OWNER/NAME"
        )
    install = f"pip install {torch} {TORCH_INDEX}\npip install '{source}'\n"
    steps: list[dict[str, Any]] = [{"name": "Install", "run": install}]
    for function, points in bundle.points.items():
        exercise = bundle.course.exercise_of[function].name
        steps.append(
            {
                "name": f"{exercise}: {function}",
                "id": _id(function),
                "uses": "classroom-resources/autograding-command-grader@v1",
                "with": {
                    "test-name": f"{exercise}: {function}",
                    "command": f"pytest exercises/test_{exercise}.py::{function}",
                    "timeout": GRADER_MINUTES,
                    "max-score": f"{points:g}",
                },
            }
        )
    return [*steps, _reporter([_id(function) for function in bundle.points])]


def _all_checks(bundle: AutograderBundle) -> list[dict[str, Any]]:
    """Return the steps for all checks: fetch the course, grade in a sandbox, report.

    If grading fails, no step of the workflow reports points.
    """
    torch = requirements().splitlines()[0]
    settings = bundle.settings
    only = " ".join(f"--only {function}" for function in settings.only)
    is_whole_course = len(settings.only) == len(bundle.course.exercise_of)
    return [
        {
            "name": "Fetch the course",
            "uses": "actions/checkout@v4",
            "with": {
                "repository": bundle.options["repository"],
                "token": "${{ secrets.COURSE_TOKEN }}",
                "path": ".course",
                "persist-credentials": False,
            },
        },
        {
            "name": "Install",
            "run": "sudo apt-get update && sudo apt-get install -y bubblewrap libseccomp2\n"
            f"pip install {torch} {TORCH_INDEX}\n"
            f"pip install '{bundle.options['source'] or './.course'}[instructor]'\n",
        },
        {
            "name": "Grade",
            "id": "autograded",
            "run": "set -e\n"
            'mkdir -p "$RUNNER_TEMP/in"\n'
            "git archive --prefix=submission/ HEAD | tar -x -C \"$RUNNER_TEMP/in\" --exclude='*/.course'\n"
            'mv .course "$RUNNER_TEMP/course"\n'
            f'grader grade "$RUNNER_TEMP/in" --course "$RUNNER_TEMP/course" --out "$RUNNER_TEMP/results" '
            f"--seed {settings.seed} --sandbox {settings.sandbox} --lang {settings.language}"
            f"{'' if is_whole_course else f' {only}'} || test $? -eq 1\n"
            'grader export "$RUNNER_TEMP/results" --to github --into "$RUNNER_TEMP/result.json" '
            '--course "$RUNNER_TEMP/course"\n'
            'echo "result=$(cat "$RUNNER_TEMP/result.b64")" >> "$GITHUB_OUTPUT"\n',
        },
        _reporter(["autograded"]),
    ]


def _reporter(steps: list[str]) -> dict[str, Any]:
    """Return the step that reports to GitHub Classroom. GitHub skips it if an earlier step failed."""
    return {
        "name": "Autograding Reporter",
        "uses": "classroom-resources/autograding-grading-reporter@v1",
        "env": {f"{step.upper()}_RESULTS": "${{steps." + step + ".outputs.result}}" for step in steps},
        "with": {"runners": ",".join(steps)},
    }


def _id(function: str) -> str:
    """Return the id of a function's step. The reporter also uses this id in the name of a variable."""
    return f"grade_{function}"
