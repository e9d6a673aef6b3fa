"""Before a run the grader compares disk and memory of the machine with what the class may need."""

import shutil
from collections import namedtuple

import pytest

from grader.cli import machine_check
from grader.cli.machine_check import CHECK_BYTES, LARGE_CLASS, MIB, PAGE_BYTES, available_memory, check_machine
from grader.core.errors import UsageError
from grader.grading.results.plan import Plan
from tests.tools import COURSE, SOLUTION, grader_in_process, unwrapped, write_files

Usage = namedtuple("Usage", "total used free")
GROUPS = {"proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:    8000 kB\n"}


@pytest.fixture
def check(library, tmp_path):
    """A function that returns the warnings before a class of some size in the miniature course."""

    def check(submissions, workers=1, **plan):
        return list(check_machine(Plan(submissions="class", **plan), tmp_path / "out", library, submissions, workers))

    return check


@pytest.fixture
def disk(monkeypatch):
    """A function that sets the free bytes of the disk."""
    return lambda free: monkeypatch.setattr(machine_check.shutil, "disk_usage", lambda _: Usage(0, 0, free))


def estimate(library, submissions):
    checks = sum(len(exercise.checks) for exercise in library.course.exercises)
    return submissions * (checks * CHECK_BYTES + PAGE_BYTES * len(library.course.exercise_of))


def test_a_disk_that_cannot_suffice_is_refused_and_one_that_may_not_is_warned_of(check, disk, library, tmp_path):
    needed = estimate(library, 5000)
    disk(needed + MIB)
    assert check(5000) == []
    disk(needed * 3 // 4)
    (warning,) = check(5000)
    assert "the results of 5000 submissions may need" in warning and f"{needed * 3 // 4 // MIB} MiB left" in warning
    disk(needed // 4)
    with pytest.raises(UsageError, match="--no-student-pages"):
        check(5000)
    assert check(5000, student_pages=False) == []


def test_disk_space_that_the_journal_already_uses_is_not_required_again(check, disk, library, tmp_path):
    write_files(tmp_path / "out", {"journal.sqlite": b"x" * estimate(library, 500)})
    disk(0)
    assert check(500) == []


def test_workers_that_may_use_more_memory_than_there_is_are_named_with_a_number_that_fits(check, monkeypatch):
    monkeypatch.setattr(machine_check, "available_memory", lambda: 5000 * MIB)
    (warning,) = check(LARGE_CLASS, workers=4, memory_limit=1536)
    assert "The 4 workers may use 6.0 GiB" in warning and "4.9 GiB are available" in warning
    assert warning.endswith("--jobs 3")
    assert check(LARGE_CLASS, workers=3, memory_limit=1536) == []
    assert check(LARGE_CLASS - 1, workers=4, memory_limit=1536) == []
    assert check(LARGE_CLASS, workers=4, memory_limit=1536, dask="local:4") == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8000 << 10),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n"}, 8000 << 10),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "5000\n"}, 5000),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "6000\n"}, 6000),
        ({"proc/self/cgroup": "4:cpu,memory:/c\n", "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "7000"}, 7000),
        ({"proc/self/cgroup": "4:cpuset:/c\n", "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "7000"}, 8000 << 10),
    ],
)
def test_available_memory_is_the_lowest_limit_of_machine_and_control_groups(tmp_path, files, expected):
    assert available_memory(write_files(tmp_path, GROUPS | files)) == expected


def test_available_memory_is_none_if_the_system_does_not_tell_it(tmp_path):
    assert available_memory(tmp_path) is None


def test_a_run_is_refused_before_it_writes_anything(tmp_path, disk):
    write_files(tmp_path / "class", {f"s{number}/ex1_small.py": SOLUTION for number in range(60)})
    disk(0)
    done = grader_in_process("grade", "class", "--out", "out", "--course", COURSE, "--sandbox", "none", cwd=tmp_path)
    assert done.returncode == 2 and "the disk has 0 MiB left" in unwrapped(done.stdout)
    assert not (tmp_path / "out").exists() and shutil.disk_usage(tmp_path).free == 0
