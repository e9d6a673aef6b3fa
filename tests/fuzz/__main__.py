"""`make fuzz`: search for inputs that break a reader. Search each target for a number of seconds, and print a table."""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.targets import TARGETS

COVERED = re.compile(r"cov: (\d+)")
EXECUTED = re.compile(r"stat::number_of_executed_units: (\d+)")


def main() -> int:
    """Search the targets; return the exit code, which is 1 if an input has broken a promise of a reader."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"default: all of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=3600, help="seconds for each target (default: %(default)s)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1, help="targets at the same time")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"), help="where found inputs are kept")
    given = parser.parse_args()
    if unknown := set(given.targets) - TARGETS.keys():
        parser.error(f"unknown targets: {', '.join(sorted(unknown))}")
    if find_spec("atheris") is None:
        parser.error("atheris is not installed. Run: pip install atheris")
    names = given.targets or list(TARGETS)
    print(f"{'target':18}{'inputs':>10}{'seconds':>9}{'edges of examples':>19}{'edges reached':>15}{'failures':>10}")
    with ThreadPoolExecutor(given.jobs) as threads:
        failures = sum(threads.map(partial(search, folder=given.folder, seconds=given.seconds), names))
    if failures:
        print(f"Inputs that broke a promise are in {given.folder}/TARGET/failures")
    return int(bool(failures))


def search(name: str, folder: Path, seconds: int) -> int:
    """Search one target in a separate process; print its row of the table, and return the number of its failures."""
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    line = [sys.executable, "-m", "tests.fuzz.search", name, str(place), str(seconds)]
    with (place / "log").open("w+b") as log:
        code = subprocess.run(line, stdout=log, stderr=log).returncode
        log.seek(0)
        text = log.read().decode("utf-8", "replace")
    edges, executed = COVERED.findall(text) or ["?"], EXECUTED.findall(text) or ["?"]
    failures = len([*(place / "failures").glob("*.txt")]) + bool(code)
    print(f"{name:18}{executed[-1]:>10}{seconds:>9}{edges[0]:>19}{edges[-1]:>15}{failures:>10}", flush=True)
    if code:
        print(f"{name}: the process ended with {code}; see {place}/log", flush=True)
    return failures


if __name__ == "__main__":
    sys.exit(main())
