"""The learner's tools work without Linux: modules that Windows lacks are removed."""

from grader.course.library import open_library
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host import pool as pools
from tests.tools import COURSE, SOLUTION, WRONG_SUM, command, hand_out

LINUX_ONLY = ("fcntl", "resource", "pwd", "grp", "termios", "pyseccomp", "sklearn")
WITHOUT = f"""
import os, signal, sys
for name in {LINUX_ONLY!r}:
    sys.modules[name] = None
for name in ("fork", "pidfd_open", "memfd_create", "sched_getaffinity", "O_NOFOLLOW", "O_NONBLOCK"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("setitimer", "SIGALRM", "pidfd_send_signal"):
    delattr(signal, name)
"""
PYTEST = f"{WITHOUT}import pytest\nsys.exit(pytest.main(sys.argv[1:]))"
GRADER = f"{WITHOUT}from grader.cli.main import main\nmain()"


def test_the_self_check_works_without_anything_of_linux(tmp_path):
    folder = hand_out(tmp_path, SOLUTION)
    done = command("-c", PYTEST, "exercises", "-p", "no:cacheprovider", "--capture=sys", cwd=folder)
    assert done.returncode == 0, done.stdout


def test_a_command_works_without_linux_on_a_console_that_has_ascii_only(tmp_path):
    folder = hand_out(tmp_path, WRONG_SUM)
    done = command("-c", GRADER, "check", "mean_square", "--lang", "zh", cwd=folder, PYTHONIOENCODING="ascii")
    assert done.returncode == 1, done.stdout
    assert "x mean_square" in done.stdout and "31.9375" in done.stdout


def test_an_endless_loop_is_ended_without_signals(tmp_path):
    folder = hand_out(tmp_path, SOLUTION.replace("steps -= 1", "pass"))
    done = command(
        "-c", PYTEST, "exercises", "-p", "no:cacheprovider", "--capture=sys", "--time-limit", "1", cwd=folder
    )
    assert done.returncode == 1
    assert "timed out after 1 s" in done.stdout


def test_without_fork_every_child_is_a_fresh_interpreter_and_the_verdicts_are_the_same(monkeypatch):
    library = open_library(COURSE)
    requests = tuple(
        CheckRequest("mean_square", c.id, 3) for c in library.course.exercise_of["mean_square"].checks_of("mean_square")
    )
    outcomes = []
    for can_fork in (True, False):
        monkeypatch.setattr(pools, "CAN_FORK", can_fork)
        with pools.make_pool_without_sandbox(library.experiment_files, 1) as pool:
            job = Job((("ex1_small.py", WRONG_SUM.encode()),), {"mean_square": "ex1_small"}, requests)
            outcomes.append(pool.submit(job).result(timeout=100).outcomes)
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) == len(requests) > 1


def test_a_golden_ships_no_line_of_the_solution_or_of_a_mistake():
    golden = (COURSE / "exercises" / "golden" / "ex1_small.json").read_text("utf-8")
    exercise_files = open_library(COURSE).exercise_files["ex1_small"]
    sources = [exercise_files.solution, *(mistake.source for mistake in exercise_files.mistakes)]
    secret = {line.strip() for source in sources for line in source.splitlines()} - set(
        exercise_files.stub.splitlines()
    )
    assert not [line for line in secret if len(line) > 15 and line in golden]
