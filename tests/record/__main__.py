"""Make a record, or compare two.

python -m tests.record OUT             record the output of this checkout into a new folder
python -m tests.record --compare A B   show the differences; exit code 1 when there are any

Both take `--only NAME` for one scenario, such as `chinese` or `on_dask`; it may be repeated.
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
    """Record this checkout; an existing folder is an error, since files of an older record could stay in it."""
    if out.exists():
        _say(f"{out} exists. Name a new folder.")
        return 2
    started = time.monotonic()
    # The name always has the same length, so that paths in tables wrap at the same places.
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
