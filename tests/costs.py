"""Count what the grading of a fixed class costs, and record the counts: `make costs` writes tests/costs.json.

Usage: python -m tests.costs tests/costs.json

Counts such as the number of processes measure the cost, because times depend on the machine and its load.
`test_costs.py` compares new counts with the recorded ones. It compares page faults and imported modules only if Python,
torch and the setting for huge pages are the same as in the recording.

The class has twelve demo students of the course. One worker at level core grades six functions with a fixed seed. The
command runs in a separate process (`python -m tests.costs --count FOLDER`), because only a new process shows which
modules the command imports.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.tools import ROOT

STUDENTS = 12
FUNCTIONS = ("compute_mse_loss", "inspect_grad_fn", "newton_sqrt", "accumulate_gradients", "sgd_step", "train_step")

MARGINS = {
    "page faults of children": 0.15,
    "processes started": 0.10,
    "checks run on solutions and mistakes": 0.05,
    "checks run on submissions": 0.0,
    "modules imported by the grader": 0.03,
    "bytes in the journal": 0.10,
    "bytes in the other results": 0.05,
}
"""The counts, each with the fraction of the recorded count by which it may grow."""

DEPENDS_ON_VERSIONS = ("page faults of children", "modules imported by the grader")
"""Counts that are compared only if `conditions` are the same as in the recording."""

CHILDREN_MINOR_FAULTS = 8
"""Index of the field with the minor page faults of children in /proc/PID/stat, where the state has the index 0."""


def conditions() -> dict[str, str]:
    """Return the versions and settings on which the numbers of page faults and imported modules depend."""
    huge_pages = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "torch": version("torch"),
        "huge pages": huge_pages.read_text().strip() if huge_pages.is_file() else "none",
    }


def measure(folder: Path) -> dict[str, int]:
    """Write the class into an empty folder, grade it in a separate process, and return the counts."""
    from tests.bench.classes import write_demo_class

    write_demo_class(ROOT, folder / "class", STUDENTS)
    done = subprocess.run(
        [sys.executable, "-m", "tests.costs", "--count", folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the class of the counts was not graded:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    counts: dict[str, int] = json.loads((folder / "counts.json").read_text())
    files = {path: path.stat().st_size for path in (folder / "out").rglob("*") if path.is_file()}
    journal = sum(size for path, size in files.items() if path.name.startswith("journal.sqlite"))
    return counts | {"bytes in the journal": journal, "bytes in the other results": sum(files.values()) - journal}


def count(folder: Path) -> None:
    """Run `grader grade` in this process, and write its counts to counts.json in the folder."""
    from grader.cli.main import main

    counts = Counter[str]()
    sys.addaudithook(lambda event, _: counts.update(["processes started"] if event == "subprocess.Popen" else []))
    only = [word for function in FUNCTIONS for word in ("--only", function)]
    sys.argv = ["grader", "grade", str(folder / "class"), "--course", str(ROOT), "--out", str(folder / "out"), *only]
    sys.argv += ["--seed", "1", "--jobs", "1", "--sandbox", "core"]
    count_jobs(counts, {file.read_bytes() for file in (folder / "class").rglob("*.py")})
    try:
        main()
    except SystemExit as end:
        if end.code not in (0, 1, None):
            raise
    counts["modules imported by the grader"] = len(sys.modules)
    (folder / "counts.json").write_text(json.dumps(counts))


def count_jobs(counts: Counter[str], submitted: set[bytes]) -> None:
    """Make `Worker.run` count the children of the worker, their page faults and the checks that they run.

    `submitted` are the contents of the files of the class, to tell checks on submissions from other checks. The only
    worker has no fork server, so the process of the worker is the zygote that forks the children.
    """
    from grader.execution.host.worker import Worker

    run = Worker.run

    def counted(self: Worker, jobs: Any, *arguments: Any) -> Any:
        counts["processes started"] += 1
        for job in jobs:
            of_student = any(content in submitted for _, content in job.files)
            kind = "submissions" if of_student else "solutions and mistakes"
            counts[f"checks run on {kind}"] += len(job.requests)
        reports = run(self, jobs, *arguments)
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        counts["page faults of children"] = int(fields[CHILDREN_MINOR_FAULTS])
        return reports

    Worker.run = counted  # type: ignore[method-assign]  # `counted` calls the original method


def limit(name: str, recorded: int) -> int:
    """Return the highest accepted value of a count."""
    return int(recorded * (1 + MARGINS[name]))


def record(file: Path, folder: Path) -> None:
    """Measure the counts, and write them to `file` with their limits and conditions. `folder` is empty."""
    counts = measure(folder)
    rows = {name: {"recorded": counts[name], "at most": limit(name, counts[name])} for name in MARGINS}
    file.write_text(json.dumps({"command": "make costs", "conditions": conditions(), "counts": rows}, indent=2) + "\n")


def complaints(recorded: dict[str, Any], counts: dict[str, int], now: dict[str, str]) -> list[str]:
    """Return a message for each count that exceeds its limit. `now` are the conditions of the new counts."""
    rows = recorded["counts"]
    if now != recorded["conditions"]:
        rows = {name: row for name, row in rows.items() if name not in DEPENDS_ON_VERSIONS}
    return [
        f"{name}: grew from {row['recorded']:,} to {counts[name]:,}; at most {row['at most']:,} are accepted. "
        f"Find the change that costs more. If it is worth it, run `make costs` and commit tests/costs.json."
        for name, row in rows.items()
        if counts[name] > row["at most"]
    ]


if __name__ == "__main__":
    import tempfile

    if sys.argv[1] == "--count":
        count(Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as place:
            record(Path(sys.argv[1]), Path(place))
