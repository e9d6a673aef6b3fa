"""Make a record of the output of this checkout, or compare two records.

    python -m tests.record OUT             record the output into the new folder OUT
    python -m tests.record --compare A B   show the differences of two records; exit code 1 if there are any

Both commands accept `--only NAME`, for one scenario such as `chinese` or `on_dask`. The option may be repeated.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.record.comparison import compare
from tests.record.recorder import Recorder
from tests.record.scenarios import SCENARIOS, record_all


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.record", description="Record the output, or compare records."
    )
    parser.add_argument("out", nargs="?", type=Path, metavar="OUT", help="a new folder for the record")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("A", "B"), help="two records")
    parser.add_argument("--only", action="append", default=[], choices=["demo", *SCENARIOS], help="may be repeated")
    options = parser.parse_args()
    if (options.out is None) == (options.compare is None):
        parser.error("give OUT, or --compare A B")
    if options.compare:
        before, after = options.compare
        lines, equal = compare(before, after, options.only)
        _say(*lines)
        return 0 if equal else 1
    return _record(options.out.resolve(), options.only)


def _record(out: Path, only: list[str]) -> int:
    """Record this checkout; return the exit code. `out` must not exist: it could hold files of an older record."""
    if out.exists():
        _say(f"{out} exists. Name a new folder.")
        return 2
    started = time.monotonic()
    # The name of a temporary folder always has the same length, so that paths in tables wrap at the same places.
    with tempfile.TemporaryDirectory(prefix="record-") as folder:
        failed = record_all(Recorder(out, Path(folder)), only)
    files = sum(path.is_file() for path in out.rglob("*"))
    _say(*failed, f"{files} files recorded in {out} in {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


def _say(*lines: str) -> None:
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
