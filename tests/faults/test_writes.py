"""Killed, without power or refused by the disk at a write: the same command then ends as if nothing had happened.

Each kind of fault is tried at a few writes spread over the run; `make faults` tries every write.
"""

import sys

import pytest

from tests.faults.trials import DISK_ERRORS, disk_trial, kill_trial, lasting_trial, spread
from tests.faults.write_points import SWITCHES

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and reads /proc"),
]

KILLS, POWER_LOSSES, DISK_FAULTS = 26, 20, 5


def points(classroom, wanted):
    return spread(len(classroom.undisturbed.points), wanted)


def test_every_kind_of_write_is_recorded_as_a_point(classroom):
    kinds = {point.split()[0] for point in classroom.undisturbed.points}
    assert kinds == {"sql", "mkdir", "create", "write", "fsync", "chmod", "rename", "remove"}
    assert len(classroom.undisturbed.points) > 150
    pages = [point for point in classroom.undisturbed.points if point.startswith("rename") and ".html" in point]
    assert len(pages) == len(classroom.students) + 1


@pytest.mark.parametrize("part", range(KILLS))
def test_a_run_that_is_killed_at_a_write_ends_with_the_same_files(classroom, part):
    kill_trial(classroom, points(classroom, KILLS)[part])


@pytest.mark.parametrize("part", range(POWER_LOSSES))
def test_a_run_that_loses_power_at_a_write_ends_with_the_same_files(classroom, part):
    kill_trial(classroom, points(classroom, POWER_LOSSES)[part], "power")


def test_a_finished_run_survives_a_loss_of_power(classroom):
    lasting_trial(classroom)


@pytest.mark.parametrize("part", range(DISK_FAULTS))
@pytest.mark.parametrize("kind", [*DISK_ERRORS, "EMFILE"])
def test_a_failed_write_is_one_sentence_and_changes_no_result(classroom, kind, part):
    disk_trial(classroom, points(classroom, DISK_FAULTS + 1)[part + 1], kind)


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
