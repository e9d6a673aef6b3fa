"""Grading on a Dask cluster: real schedulers and workers, which are killed, missing, or of another version."""

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.cli.test_resume import alive, family, results, rows, wait_for
from tests.tools import (
    COURSE,
    ENDLESS,
    SOLUTION,
    WRONG_SUM,
    environment,
    grader_command,
    grader_in_process,
    import_or_skip,
    write_files,
)

pytestmark = pytest.mark.long

dask_pool = import_or_skip("grader.execution.host.dask_pool")

STUDENTS = 10
ANSWERS = (SOLUTION, WRONG_SUM, SOLUTION.replace("return y\n", "return y + 1\n"))


class Cluster:
    """A scheduler and workers, each in its own process."""

    def __init__(self, folder):
        self.folder, self.processes, self.log = folder, {}, {}
        text = self.start("scheduler", "scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")
        self.address = self.line("scheduler", r"Scheduler at: +(tcp://\S+)") if text else ""

    def start(self, name, *arguments, **more):
        self.log[name] = self.folder / f"{name}.log"
        with self.log[name].open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *map(str, arguments[1:])],
                cwd=self.folder,
                env=environment(**{"PYTHONPATH": os.pathsep.join(sys.path)} | more),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.processes[name]

    def worker(self, name, **more):
        where = ("--local-directory", self.folder / name, "--no-dashboard", "--no-nanny")
        self.start(name, "worker", self.address, "--nthreads", "1", *where, **more)
        self.line(name, r"Registered to: +(tcp://\S+)")

    def line(self, name, pattern):
        """Wait until a process prints a line that matches the pattern; return the first group of the match."""
        wait_for(lambda: re.search(pattern, self.log[name].read_text("utf-8")) or self.processes[name].poll())
        return re.search(pattern, self.log[name].read_text("utf-8"))[1]

    def kill(self, name):
        gone = family(self.processes[name].pid)
        self.processes[name].kill()
        self.processes.pop(name).wait()
        return gone

    def stop(self):
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler with two workers; a test that kills one starts another."""
    running = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        for name in ("first", "second"):
            running.worker(name)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A class with right, wrong and endless answers."""
    folder = tmp_path_factory.mktemp("class")
    for number in range(STUDENTS):
        answer = ENDLESS if number == 7 else ANSWERS[number % len(ANSWERS)]
        write_files(folder / "class" / f"student {number:02}", {"ex1_small.py": answer})
    return folder


def arguments(folder, out, *more):
    options = ("--course", COURSE, "--sandbox", "none", "--time-limit", "0.5", "--seed", "5")
    return ["grade", folder / "class", "--out", folder / out, *options, *more]


@pytest.fixture(scope="module")
def local(folder):
    """The results of this machine without a cluster."""
    done = grader_command(*arguments(folder, "local", "--jobs", "2"), cwd=folder)
    assert done.returncode == 0, done.stdout
    return results(folder / "local")


def start(folder, out, cluster):
    with (folder / f"{out}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "grader.cli", *map(str, arguments(folder, out, "--dask", cluster.address))],
            cwd=folder,
            env=environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def test_a_cluster_gives_the_same_verdicts_as_one_machine(folder, cluster, local):
    done = grader_command(*arguments(folder, "cluster", "--dask", cluster.address), cwd=folder)
    assert done.returncode == 0, done.stdout
    assert results(folder / "cluster") == local


def test_a_cluster_bounds_all_checks_of_a_submission_together(tmp_path, cluster):
    sleeps = SOLUTION.replace("return y\n", "__import__('time').sleep(0.8); return y\n")
    write_files(tmp_path / "class" / "sleeper", {"ex1_small.py": sleeps})
    options = ("--submission-limit", "1", "--time-limit", "5", "--dask", cluster.address)
    done = grader_command(*arguments(tmp_path, "bounded", *options), cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    found, _ = results(tmp_path / "bounded")
    (record,) = [record for record in found if record["function"] == "descend"]
    assert record["outcome"] == "timed_out"
    assert any("this time is used up" in check["message"] for check in record["checks"])


def test_a_lost_worker_changes_no_verdict(folder, cluster, local):
    running = start(folder, "lost", cluster)
    wait_for(lambda: len(rows(folder / "lost")) >= 2 or running.poll() is not None)
    assert running.poll() is None, (folder / "lost.log").read_text("utf-8")
    gone = cluster.kill("first")
    cluster.worker("third")
    assert running.wait(timeout=100) == 0, (folder / "lost.log").read_text("utf-8")
    assert results(folder / "lost") == local
    wait_for(lambda: not alive(gone))  # its zygotes ended with it


def test_a_run_whose_client_was_killed_is_resumed_and_grades_nothing_twice(folder, cluster, local):
    running = start(folder, "killed", cluster)
    wait_for(lambda: len(rows(folder / "killed")) >= 4 or running.poll() is not None)
    assert running.poll() is None, (folder / "killed.log").read_text("utf-8")
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    before = rows(folder / "killed")
    again = start(folder, "killed", cluster)
    assert again.wait(timeout=100) == 0, (folder / "killed.log").read_text("utf-8")
    assert results(folder / "killed") == local
    after = rows(folder / "killed")
    assert {key: after[key] for key in before} == before
    assert "Resuming the earlier run" in (folder / "killed.log").read_text("utf-8")


def test_a_scheduler_that_does_not_answer_is_reported_with_what_to_do(folder, monkeypatch):
    monkeypatch.setattr(dask_pool, "PATIENCE", 0.5)
    done = grader_in_process(*arguments(folder, "nobody", "--dask", "tcp://127.0.0.1:9"), cwd=folder)
    assert done.returncode == 2
    assert "tcp://127.0.0.1:9: no scheduler answers" in done.stdout
    assert "dask scheduler" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("address", ["local:", "local:0", "nonsense://x"])
def test_an_invalid_address_is_reported_with_an_example(folder, address):
    done = grader_command(*arguments(folder, "nowhere", "--dask", address), cwd=folder)
    assert done.returncode == 2
    assert f"--dask {address}" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_worker_of_another_version_is_refused_and_named(folder, cluster, tmp_path):
    other = {"numpy-1.0.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: numpy\nVersion: 1.0.0\n"}
    write_files(tmp_path, other)
    path = os.pathsep.join([str(tmp_path), *sys.path])
    cluster.start(
        "other", "worker", cluster.address, "--nthreads", "1", "--no-dashboard", "--no-nanny", PYTHONPATH=path
    )
    cluster.line("other", r"Registered to: +(tcp://\S+)")
    done = grader_command(*arguments(folder, "mixed", "--dask", cluster.address), cwd=folder)
    cluster.kill("other")
    assert done.returncode == 2, done.stdout
    assert re.search(r"worker tcp://\S+: the worker has numpy 1\.0\.0 \(here ", done.stdout)
    assert "Traceback" not in done.stdout
