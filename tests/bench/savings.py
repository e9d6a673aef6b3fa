"""Measure how much time the compiler's placeholders and huge pages save: `make bench-savings`.

The exit code is 1 if one of them no longer saves time. Each figure is the median of several processes, which run
alternately with and without the saving. On other machines the seconds differ, but the ratios are similar.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from grader.execution.host.sandbox_levels import ENVIRONMENT

ROOT = Path(__file__).parents[2]
ROUNDS = 3

OPTIMIZER = """
import time, torch
started = time.perf_counter()
{install}
torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.1).step()
result = time.perf_counter() - started
"""
INSTALL = "from grader.execution.guest.compiler_placeholder import install_placeholders; install_placeholders()"

WARM_UP = """
from pathlib import Path
from grader.execution.guest import zygote
from grader.execution.guest.experiment_files import load_file
paths = [str(path) for folder in ("exercises", "tests/hidden") for path in sorted(Path(folder).glob("test_*.py"))]
experiments = {check: e for path in paths for check, e in load_file(path).items()}
zygote.warm_up(experiments)
"""
START = f"""
import time
started = time.perf_counter()
{{compiler}}
{WARM_UP.replace("{", "{{").replace("}", "}}")}
result = time.perf_counter() - started
"""
COMPILER = "import torch._dynamo, torch.fx.experimental.symbolic_shapes"

FORK = f"""
import gc, os, statistics, time
{WARM_UP.replace("{", "{{").replace("}", "}}")}
from grader.execution.guest.huge_pages import use_huge_pages
from grader.execution.guest.job_runner import run_jobs
from grader.execution.guest.job import Job, CheckRequest
gc.collect()
made = {{collapse}}
gc.freeze()
source = Path("solutions/ex1_losses.py").read_bytes()
names = [check for check in experiments if check.startswith("compute_mse_loss::")]
requests = [CheckRequest("compute_mse_loss", check, 1) for check in names]
job = Job([("ex1_losses.py", source)], {{{{"compute_mse_loss": "ex1_losses"}}}}, requests)
def fork():
    started = time.perf_counter()
    if os.fork() == 0:
        {{child}}
        os._exit(0)
    os.wait()
    return time.perf_counter() - started
result = statistics.median(fork() for _ in range(60)) if made is not None else None
"""
COLLAPSE = "use_huge_pages() or None"
JOB = "run_jobs([job], experiments, lambda frame: None)"


@dataclass(frozen=True)
class Saving:
    """One measurement.

    with_it, without: code that measures its time, with and without the saving.
    least: the minimum of the seconds without the saving, divided by those with it, at which the saving is worth it.
    """

    what: str
    with_it: str
    without: str
    least: float


SAVINGS = [
    Saving("first optimizer: placeholder", OPTIMIZER.format(install=INSTALL), OPTIMIZER.format(install=""), 3.0),
    Saving("start of a worker: placeholder", START.format(compiler=""), START.format(compiler=COMPILER), 1.2),
    Saving(
        "fork: huge pages",
        FORK.format(collapse=COLLAPSE, child="pass"),
        FORK.format(collapse="0", child="pass"),
        1.2,
    ),
    Saving(
        "fork and one function: huge pages",  # huge pages must not make the checks themselves slower
        FORK.format(collapse=COLLAPSE, child=JOB),
        FORK.format(collapse="0", child=JOB),
        0.95,
    ),
]


def measure(code: str) -> float | None:
    """Run code in a new process with the environment of a worker; return its variable `result`, in seconds."""
    command = [sys.executable, "-c", f"{code}\nimport json; print(json.dumps(result))"]
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT | {"HOME": "/tmp"}, capture_output=True, text=True, check=True
    )
    found: float | None = json.loads(done.stdout.split()[-1])
    return found


def compare(saving: Saving) -> tuple[float, float] | None:
    """Return the median seconds with and without the saving; None if this machine does not support the saving."""
    pairs = [(measure(saving.with_it), measure(saving.without)) for _ in range(ROUNDS)]
    ours = [seconds for seconds, _ in pairs if seconds is not None]
    without = [seconds for _, seconds in pairs if seconds is not None]
    return (median(ours), median(without)) if ours and without else None


def main() -> None:
    """Measure all savings, print the table, and exit with 1 if one of them no longer saves time."""
    table = Table(title=f"what it saves, median of {ROUNDS}", box=None)
    for heading in ("", "with, ms", "without, ms", "ratio", "pays from"):
        table.add_column(heading, justify="right" if heading else "left")
    pays = True
    for saving in SAVINGS:
        found = compare(saving)
        if found is None:
            table.add_row(saving.what, "not available", "", "", f"{saving.least}")
            continue
        ratio = found[1] / found[0]
        pays = pays and ratio >= saving.least
        figures = [f"{1000 * seconds:.1f}" for seconds in found]
        table.add_row(saving.what, *figures, f"{ratio:.2f}", f"{saving.least}{'' if ratio >= saving.least else '  NO'}")
    Console().print(table)
    sys.exit(0 if pays else 1)


if __name__ == "__main__":
    main()
