"""Compare speed and memory with their targets in one table: `python -m tests.bench.targets`.

    --checkout DIR   measure the grader in the folder DIR instead of this one; may be repeated
    --rounds N       number of rounds; the table shows the median, minimum and maximum of all rounds (default: 3)
    --no-peers       leave out nbgrader and pytest
    --quick          use small classes, to see that everything works

In every round each checkout grades the same classes, one command after the other, so that a slow phase of the machine
affects all checkouts. Every round also measures the lowest possible time ("the floor"), and a ratio compares two times
of the same round. Other graders ("the peers") grade only a few submissions, and their time is scaled to the whole class
(`tests.bench.peers`). `BENCH=full make bench` prints this table, too.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from grader.course.library import open_library
from tests.bench import peers
from tests.bench.checkouts import Checkout, checkouts_of, grading
from tests.bench.checks import write_table
from tests.bench.classes import write_demo_class
from tests.bench.peers import CORES, ROOT, floor

SIX = ["compute_mse_loss", "inspect_grad_fn", "newton_sqrt", "accumulate_gradients", "sgd_step", "train_step"]
"""The functions of an ordinary assignment, from the first loss to a training step, with about 24 public checks."""

NEW = 5
"""Number of students who hand in after the class was graded."""

FEW = 6
"""Number of submissions that nbgrader grades; pytest grades twice as many."""


@dataclass(frozen=True)
class Sizes:
    """Numbers of students in the classes.

    six: the classes that are graded on six functions.
    whole: the classes that are graded on the whole course.
    memory: the classes with untouched stubs, which show how much memory one more student needs.
    """

    six: tuple[int, int] = (20, 200)
    whole: tuple[int, ...] = (12, 100, 200)
    memory: tuple[int, int] = (1_000, 10_000)


QUICK = Sizes((6, 8), (4, 6), (20, 60))


@dataclass
class Classes:
    """The submissions of all classes, by the size of the class. All rounds use the same submissions.

    `late` is the folder of the students who hand in after the largest class was graded.
    """

    folder: Path
    sizes: Sizes
    six: dict[int, Path] = field(default_factory=dict)
    whole: dict[int, Path] = field(default_factory=dict)
    late: Path = Path()

    def __post_init__(self) -> None:
        for size in self.sizes.six:
            self.six[size] = write_demo_class(ROOT, self.folder / f"six-{size}", size)
        largest = self.sizes.whole[-1]
        for size in self.sizes.whole:
            self.whole[size] = write_demo_class(ROOT, self.folder / f"whole-{size}", size + NEW * (size == largest))
        self.late = self.folder / "late"
        self.late.mkdir()
        for student in sorted(self.whole[largest].iterdir())[-NEW:]:
            student.rename(self.late / student.name)


Figures = dict[str, list[float]]
"""Measured figures by the name of their row, with one figure for each round."""


def public_course(checkout: Checkout, folder: Path) -> Path:
    """Write a copy of a checkout's course with only the public checks, because other graders run only these."""
    for name in ("exercises", "solutions"):
        shutil.copytree(checkout.folder / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    checkout.seconds("sync", "--course", folder)
    return folder


def measure_round(
    checkout: Checkout, classes: Classes, course: Path, floors: Mapping[int, float], out: Path
) -> Figures:
    """Grade all classes once with one checkout; return the figures of this round. `out` is an empty folder."""
    found: Figures = defaultdict(list)
    only = [word for function in SIX for word in ("--only", function)]
    for size, place in classes.six.items():
        found[f"six {size}"].append(checkout.seconds(*grading(course, place, out / f"six {size}", *only)))
    small = min(classes.six)
    core = grading(course, classes.six[small], out / "core", *only, "--sandbox", "core")
    found[f"six {small} core"].append(checkout.seconds(*core))
    own = checkout.folder
    for size, place in classes.whole.items():
        seconds = checkout.seconds(*grading(own, place, out / f"whole {size}"))
        found[f"whole {size}"].append(seconds)
        found[f"floor {size}"].append(seconds / floors[size])
    (few, *_, largest) = classes.whole
    everybody, results = classes.whole[largest], out / f"whole {largest}"
    found["again"].append(checkout.seconds(*grading(own, everybody, results)))
    each = (found[f"whole {largest}"][0] - found[f"whole {few}"][0]) / (largest - few)
    for student in classes.late.iterdir():
        shutil.copytree(student, everybody / student.name)
    late = checkout.seconds(*grading(own, everybody, results))
    for student in classes.late.iterdir():
        shutil.rmtree(everybody / student.name)
    found["late"].append(late)
    found["late start"].append(late - NEW * each)
    one = checkout.seconds(*grading(own, everybody, out / "one", "--jobs", 1))
    found["second core"].append(one / found[f"whole {largest}"][0])
    return found


def memory_per_student(checkout: Checkout, folder: Path, sizes: tuple[int, int]) -> float:
    """Return by how many kB one more student raises the peak memory of the grader's process without its workers.

    Every student hands in the untouched stubs of an exercise with four functions.
    """
    stub, peaks = (checkout.folder / "exercises/ex1_losses.py").read_bytes(), []
    for size in sizes:
        place = folder / f"stubs-{size}"
        for number in range(size):
            (place / f"{number:06}").mkdir(parents=True)
            (place / f"{number:06}/ex1_losses.py").write_bytes(stub)
        more = ("--only", "ex1_losses", "--no-student-pages")
        out = folder / f"stubs of {checkout.name} {size}"
        peaks.append(checkout.peak_memory(*grading(checkout.folder, place, out, *more)))
        shutil.rmtree(place)
        shutil.rmtree(out)
    return (peaks[1] - peaks[0]) / (sizes[1] - sizes[0])


def measure_peers(folder: Path, course: Path, students: Sequence[Path]) -> dict[str, float]:
    """Return how many seconds each of the other graders needs for one submission."""
    home = write_table(open_library(course), SIX, folder)
    twice = min(2 * FEW, len(students))
    return {
        "nbgrader": peers.nbgrader_class(folder, students[:FEW], home) / len(students[:FEW]),
        f"pytest, {CORES} at a time": peers.pytest_each(folder, students[:twice], home, CORES) / twice,
    }


def rows_of(figures: Figures, sizes: Sizes, each: Mapping[str, float]) -> list[tuple[str, str, list[float]]]:
    """Return the rows of the table, each with its name, its target and the figures of a checkout.

    `each` maps the names of the other graders to their seconds for one submission.
    """
    targets = {"nbgrader": ("45", "130"), "pytest": ("20", "65")}
    rows = []
    for number, size in enumerate(sizes.six):
        rows.append((f"six functions, class of {size}, s", "", figures[f"six {size}"]))
        if number == 0:
            rows.append(("  the same at level core, s", "", figures[f"six {size} core"]))
        for peer, seconds in each.items():
            target = f"at least {targets[peer.partition(',')[0]][number]}"
            times = [seconds * size / ours for ours in figures[f"six {size}"]]
            rows.append((f"  times as fast as {peer} ({seconds:.2f} s each)", target, times))
    for size, most in zip(sizes.whole, ("1.6", "1.3", "1.25"), strict=False):
        rows.append((f"whole course, {size} submissions, s", "", figures[f"whole {size}"]))
        rows.append(("  times the floor", f"at most {most}", figures[f"floor {size}"]))
    rows.append(("  again, nothing changed, s", "", figures["again"]))
    rows.append((f"  again with {NEW} new students, s", "", figures["late"]))
    rows.append(("    without their own work, s", "at most 1.5", figures["late start"]))
    rows.append(("  one worker, times the seconds of all cores", "at least 1.8 (2 cores)", figures["second core"]))
    rows.append(("memory of the grader for one student more, kB", "at most 4", figures["memory"]))
    return rows


def table_of(figures: Mapping[str, Figures], sizes: Sizes, each: Mapping[str, float], rounds: int) -> Table:
    """Return the table of all figures, with a column for each checkout."""
    table = Table(title=f"targets, {CORES} cores, median (least-most) of {rounds} rounds, start included", box=None)
    table.add_column("")
    for heading in (*figures, "target"):
        table.add_column(heading, justify="right")
    columns = [rows_of(found, sizes, each) for found in figures.values()]
    for same in zip(*columns, strict=True):
        table.add_row(same[0][0], *(_spread(values) for _, _, values in same), same[0][1])
    return table


def _spread(values: Sequence[float]) -> str:
    middle = f"{median(values):.2f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.2f}-{max(values):.2f})"


def measure(folder: Path, checkouts: Sequence[Checkout], rounds: int, with_peers: bool, sizes: Sizes) -> Table:
    """Measure all checkouts alternately, and return the table."""
    classes = Classes(folder, sizes)
    courses = [public_course(checkout, folder / f"course-{n}") for n, checkout in enumerate(checkouts)]
    figures: dict[str, Figures] = {str(checkout.folder): defaultdict(list) for checkout in checkouts}
    for number in range(rounds):
        floors = {size: floor(ROOT, place)[0] for size, place in classes.whole.items()}
        for checkout, course in zip(checkouts, courses, strict=True):
            out = folder / f"out-{number}"
            for name, values in measure_round(checkout, classes, course, floors, out).items():
                figures[str(checkout.folder)][name] += values
            shutil.rmtree(out)
    for checkout in checkouts:
        figures[str(checkout.folder)]["memory"] = [memory_per_student(checkout, folder, sizes.memory)]
    students = sorted(classes.six[max(sizes.six)].iterdir())
    each = measure_peers(folder, courses[0], students) if with_peers else {}
    return table_of(figures, sizes, each, rounds)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.targets", description=__doc__.partition("\n")[0])
    parser.add_argument("--checkout", action="append", default=[], help="folder with the source of the grader")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true", help="leave out nbgrader and pytest")
    parser.add_argument("--quick", action="store_true", help="small classes, to see that everything works")
    options = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        sizes = QUICK if options.quick else Sizes()
        checkouts = checkouts_of(options.checkout)
        table = measure(Path(name), checkouts, options.rounds, not options.no_peers, sizes)
    console = Console(width=max(120, Console().width))
    console.print(table)
    console.print(f"measured in {(time.monotonic() - started) / 60:.1f} min")


if __name__ == "__main__":
    main()
