"""Killed, without power or refused by the disk at a write: the same command then ends as if nothing had happened.

Each kind of fault is tried at a few writes of several kinds; `make faults` tries every write.
"""

import sys

import pytest

from tests.faults.trials import DISK_ERRORS, disk_trial, kill_trial, lasting_trial
from tests.faults.write_points import SWITCHES

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and reads /proc"),
]

KILLS = {"sql": 6, "mkdir": 1, "create": 2, "write": 2, "fsync": 1, "chmod": 1, "rename": 2, "remove": 1}
POWER_LOSSES = {"sql": 4, "write": 2, "fsync": 2, "rename": 2}
"""How many writes of each kind a fault is tried at. A loss of power differs from a kill where data may be unsynced."""
DISK_FAULTS = {
    "ENOSPC": ("sql", "write"),
    "EIO": ("sql", "fsync"),
    "EROFS": ("create", "rename"),
    "EMFILE": ("sql", "create"),
}
"""The kinds of writes from which on all writes fail, for each error."""


def parts(numbers):
    """Return (kind, part, number of parts) for each trial."""
    return [(kind, part, total) for kind, total in numbers.items() for part in range(total)]


def point_of(classroom, kind, part=0, total=1):
    """Return the write in the middle of one of `total` equal parts of all writes of this kind."""
    numbers = [number for number, point in enumerate(classroom.undisturbed.points) if point.split()[0] == kind]
    return numbers[(2 * part + 1) * len(numbers) // (2 * total)]


def test_every_kind_of_write_is_recorded_as_a_point(classroom):
    assert {point.split()[0] for point in classroom.undisturbed.points} == KILLS.keys()
    assert len(classroom.undisturbed.points) > 150
    pages = [point for point in classroom.undisturbed.points if point.startswith("rename") and ".html" in point]
    assert len(pages) == len(classroom.students) + 1


def test_every_error_of_the_disk_is_tried():
    assert DISK_FAULTS.keys() == {*DISK_ERRORS, "EMFILE"}


@pytest.mark.parametrize(("kind", "part", "total"), parts(KILLS))
def test_a_run_that_is_killed_at_a_write_ends_with_the_same_files(classroom, kind, part, total):
    kill_trial(classroom, point_of(classroom, kind, part, total))


@pytest.mark.parametrize(("kind", "part", "total"), parts(POWER_LOSSES))
def test_a_run_that_loses_power_at_a_write_ends_with_the_same_files(classroom, kind, part, total):
    kill_trial(classroom, point_of(classroom, kind, part, total), "power")


def test_a_finished_run_survives_a_loss_of_power(classroom):
    lasting_trial(classroom)


@pytest.mark.parametrize(("error", "kind"), [(error, kind) for error, kinds in DISK_FAULTS.items() for kind in kinds])
def test_a_failed_write_is_one_sentence_and_changes_no_result(classroom, error, kind):
    disk_trial(classroom, point_of(classroom, kind), error)


@pytest.mark.parametrize("switch", SWITCHES)
def test_the_trials_notice_a_missing_protection(classroom, switch):
    kind = "power" if switch == "fsync" else "kill"
    wanted = {"fsync": "rename", "rename": "rename", "transaction": "sql"}[switch]
    numbers = [number for number, point in enumerate(classroom.undisturbed.points) if point.startswith(wanted)]
    failed = 0
    for number in numbers[:: max(1, len(numbers) // 12)]:
        try:
            kill_trial(classroom, number, kind, switch)
        except AssertionError:
            failed += 1
            break
    assert failed
    if switch == "fsync":
        with pytest.raises(AssertionError, match="different after the loss of power"):
            lasting_trial(classroom, switch)
