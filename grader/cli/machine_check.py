"""Check before a run that this machine has the disk space and the memory that the run may need."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from grader.core.errors import UsageError

if TYPE_CHECKING:
    from grader.course.library import Library
    from grader.grading.results.plan import Plan

CHECK_BYTES = 400
"""Bytes of journal and result files for each check of a submission, as measured with all exercises of this course."""
PAGE_BYTES = 5000
"""Bytes of a student's page for each function, as measured with all exercises of this course."""
SURE_SHARE = 0.5
"""If less than this share of the estimated disk space is free, the run is refused. If more is free, but less than the
estimate, a warning is printed."""
LARGE_CLASS = 100
"""In a class of at least this number of submissions, the memory of all workers is compared with that of the machine."""
MIB, GIB = 1 << 20, 1 << 30


def check_machine(plan: Plan, out: Path, library: Library, submissions: int, workers: int) -> Iterator[str]:
    """Yield warnings about the disk and the memory of this machine. Raises UsageError if the disk is too small."""
    from grader.core.language import translator

    tr = translator(plan.language)
    functions = plan.selected(library.course)
    yield from _check_disk(out, _estimated_bytes(plan, library, functions, submissions), submissions, tr)
    available = available_memory() if submissions >= LARGE_CLASS and not plan.dask else None
    workers = min(workers, submissions)
    if available is not None and workers * plan.memory_limit * MIB > available:
        text = tr(
            "The {workers} workers may use {needed:.1f} GiB of memory together (--memory-limit {limit} MiB each), but "
            "only {available:.1f} GiB are available. If many submissions need much memory at the same time, the "
            "system may end the grader. To prevent that, pass --jobs {fitting}"
        )
        yield text.format(
            workers=workers,
            needed=workers * plan.memory_limit * MIB / GIB,
            limit=plan.memory_limit,
            available=available / GIB,
            fitting=max(1, available // (plan.memory_limit * MIB)),
        )


def _estimated_bytes(plan: Plan, library: Library, functions: list[str], submissions: int) -> int:
    """Return the estimated size of the results folder of a run, in bytes."""
    checks = sum(len(library.course.exercise_of[function].checks_of(function)) for function in functions)
    page = PAGE_BYTES * len(functions) if plan.student_pages else 0
    return submissions * (CHECK_BYTES * checks + page)


def _check_disk(out: Path, estimate: int, submissions: int, tr: Callable[[str], str]) -> Iterator[str]:
    folder = next(path for path in (out.absolute(), *out.absolute().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free >= estimate:
        return
    present = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) if out.is_dir() else 0
    needed = max(0, estimate - present)
    if free < needed * SURE_SHARE:
        raise UsageError(
            "{out}: the disk has {free} MiB left, and the results of {submissions} submissions need about {needed} "
            "MiB. Free some space, choose another folder with --out, or write no pages of students: --no-student-pages",
            out=out,
            free=free // MIB,
            submissions=submissions,
            needed=-(-needed // MIB),
        )
    if free < needed:
        text = tr(
            "{out}: the disk has {free} MiB left, and the results of {submissions} submissions may need {needed} MiB. "
            "If the disk gets full, no verdict is lost. Free some space, then run the same command again."
        )
        yield text.format(out=out, free=free // MIB, submissions=submissions, needed=-(-needed // MIB))


def available_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes of memory that this process and its children can get; None if the system does not say.

    The result is the smallest of these numbers: the available memory of the machine, and the limits of the control
    groups (versions 1 and 2) of this process. `root` is the root of the file system.
    """
    found = []
    with suppress(OSError, ValueError, IndexError):
        for line in (root / "proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text("utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                found += _limits(root / "sys/fs/cgroup", path, "memory.max")
            elif "memory" in controllers.split(","):
                found += _limits(root / "sys/fs/cgroup/memory", path, "memory.limit_in_bytes")
    return min(found, default=None)


def _limits(mount: Path, path: str, name: str) -> Iterator[int]:
    """Yield the memory limits, in bytes, of a control group and of all groups that contain it.

    A file with the text `max` sets no limit.
    """
    group = mount / path.lstrip("/")
    for folder in (group, *group.parents):
        with suppress(OSError, ValueError):
            yield int((folder / name).read_text("ascii"))
        if folder == mount:
            return
