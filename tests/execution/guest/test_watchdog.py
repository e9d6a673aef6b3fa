"""Time limit of the self-check: it ends endless loops in the current process."""

import signal
import threading
import time

import pytest

from grader.execution.guest.watchdog import OutOfTimeError, time_limit


def endless():
    while True:
        pass


def endless_and_swallows():
    while True:
        try:
            while True:
                pass
        except Exception:  # noqa: BLE001
            pass


def ended(function):
    """Return the time limit in seconds that ended the function, or None."""
    try:
        with time_limit(0.2):
            function()
    except OutOfTimeError as end:
        return end.seconds
    return None


@pytest.mark.parametrize("function", [endless, endless_and_swallows])
def test_an_endless_loop_is_ended_in_the_main_thread(function):
    started = time.monotonic()
    assert ended(function) == 0.2
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("function", [endless, endless_and_swallows])
def test_an_endless_loop_is_ended_in_another_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(ended(function)), daemon=True)
    thread.start()
    thread.join(10)
    assert found == [0.2]


def test_the_alarm_repeats_if_student_code_catches_the_first():
    def swallows_once():
        try:
            endless()
        except OutOfTimeError:
            endless()

    assert ended(swallows_once) == 0.2


def test_code_that_ends_in_time_is_not_interrupted_and_the_alarm_is_removed():
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(60.0):
        answer = 42
    assert answer == 42
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_an_exception_inside_is_passed_on_and_the_alarm_is_removed():
    with pytest.raises(KeyError), time_limit(60.0):
        raise KeyError("x")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
