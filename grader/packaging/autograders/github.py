"""GitHub Classroom: the workflow that runs in every student's repository.

Whoever owns a repository can change its workflow and read what its secrets unlock. So by default it runs the public
checks alone, with the official graders: a step for each function, all or nothing. With a private repository of the
course it runs everything, through `grader`, and is for classes that may be trusted with the token.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.core.errors import UsageError
from grader.packaging.autograder_parts import Parts, requirements, write_folder

WORKFLOW = ".github/workflows/classroom.yml"
PYTHON = "3.12"
MINUTES = 10
HEAD = """\
# Written by `grader package github`: change the course and write it anew rather than editing this file.
"""
TORCH_INDEX = "--index-url https://download.pytorch.org/whl/cpu --extra-index-url https://pypi.org/simple"


def package(parts: Parts, into: Path) -> list[Path]:
    """Write the workflow into a repository, the template of the assignment. Raises UsageError."""
    import yaml

    steps = [
        {"uses": "actions/checkout@v4"},
        {"uses": "actions/setup-python@v5", "with": {"python-version": PYTHON}},
        *(_whole(parts) if parts.extra["repository"] else _public(parts)),
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
                "timeout-minutes": 60,
                "steps": steps,
            }
        },
    }
    text = HEAD + yaml.safe_dump(dict(workflow), sort_keys=False, allow_unicode=True, width=1000)
    return write_folder(into, {WORKFLOW: text.encode()})


def _public(parts: Parts) -> list[dict[str, Any]]:
    """Install the self-check, then a step for each function."""
    source, torch = parts.extra["source"], requirements().splitlines()[0]
    if not source:
        raise UsageError(
            "say what pip installs the grader from in a student's repository, for example "
            "--grader-source git+https://github.com/OWNER/NAME"
        )
    install = f"pip install {torch} {TORCH_INDEX}\npip install '{source}'\n"
    steps: list[dict[str, Any]] = [{"name": "Install", "run": install}]
    for function, points in parts.points.items():
        exercise = parts.course.exercise_of[function].name
        steps.append(
            {
                "name": f"{exercise}: {function}",
                "id": _id(function),
                "uses": "classroom-resources/autograding-command-grader@v1",
                "with": {
                    "test-name": f"{exercise}: {function}",
                    "command": f"pytest exercises/test_{exercise}.py::{function}",
                    "timeout": MINUTES,
                    "max-score": f"{points:g}",
                },
            }
        )
    return [*steps, _reporter([_id(function) for function in parts.points])]


def _whole(parts: Parts) -> list[dict[str, Any]]:
    """Fetch the course, grade behind walls, and report; a fault of the grader is reported to nobody as a zero."""
    torch = requirements().splitlines()[0]
    settings = parts.settings
    only = " ".join(f"--only {function}" for function in settings.only)
    everything = len(settings.only) == len(parts.course.exercise_of)
    return [
        {
            "name": "Fetch the course",
            "uses": "actions/checkout@v4",
            "with": {
                "repository": parts.extra["repository"],
                "token": "${{ secrets.COURSE_TOKEN }}",
                "path": ".course",
                "persist-credentials": False,
            },
        },
        {
            "name": "Install",
            "run": "sudo apt-get update && sudo apt-get install -y bubblewrap libseccomp2\n"
            f"pip install {torch} {TORCH_INDEX}\n"
            f"pip install '{parts.extra['source'] or './.course'}[instructor]'\n",
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
            f"{'' if everything else f' {only}'} || test $? -eq 1\n"
            'grader export "$RUNNER_TEMP/results" --to github --into "$RUNNER_TEMP/result.json" '
            '--course "$RUNNER_TEMP/course"\n'
            'echo "result=$(cat "$RUNNER_TEMP/result.b64")" >> "$GITHUB_OUTPUT"\n',
        },
        _reporter(["autograded"]),
    ]


def _reporter(steps: list[str]) -> dict[str, Any]:
    """The step that tells GitHub Classroom; it does not run where grading itself failed."""
    return {
        "name": "Autograding Reporter",
        "uses": "classroom-resources/autograding-grading-reporter@v1",
        "env": {f"{step.upper()}_RESULTS": "${{steps." + step + ".outputs.result}}" for step in steps},
        "with": {"runners": ",".join(steps)},
    }


def _id(function: str) -> str:
    """A step's name that is a name of a variable too."""
    return f"grade_{function}"
