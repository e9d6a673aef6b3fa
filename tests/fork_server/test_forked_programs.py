"""A program in a fork behaves as a program that a new interpreter runs."""

import os
import signal
import socket
import subprocess
import sys

import psutil
import pytest

from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.interpreter_conditions import USUAL, Conditions, other_in_all
from grader.execution.host.job_run import run_job
from grader.execution.host.pool import make_sandboxed_pool
from grader.execution.host.worker import make_workers
from tests.fork_server.starting import SERVER, forked, zygote_servers, zygotes_in_forks
from tests.tools import PROBES, ROOT, command, environment, run_line

PROGRAM = "program=program:main"


def run(folder, source, *arguments):
    """Run the function `main` with this body in a fork."""
    body = "\n    ".join(source.splitlines())
    (folder / "program.py").write_text(f"import os, signal, sys\ndef main():\n    {body}\n", "utf-8")
    return run_line(forked(PROGRAM, *arguments), cwd=folder, COLOR="蓝")


def test_it_has_the_folder_the_arguments_the_environment_and_the_output_of_its_client(tmp_path):
    ran = run(tmp_path, "print(os.getcwd(), sys.argv, os.environ['COLOR'])", "a b", "c")
    assert ran.returncode == 0
    assert ran.stdout == f"{tmp_path} ['program', 'a b', 'c'] 蓝\n"


def test_it_imports_the_grader_itself(tmp_path):
    assert run(tmp_path, "print([m for m in sys.modules if m.startswith('grader')])").stdout == "[]\n"


def test_its_exit_code_is_that_of_its_client(tmp_path):
    assert run(tmp_path, "return 3").returncode == 3
    assert run(tmp_path, "sys.exit(4)").returncode == 4
    said = run(tmp_path, "sys.exit('no')")
    assert (said.returncode, said.stdout) == (1, "no\n")
    raised = run(tmp_path, "1 / 0")
    assert raised.returncode == 1 and raised.stdout.endswith("ZeroDivisionError: division by zero\n")
    assert run(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)").returncode == -signal.SIGKILL


@pytest.mark.parametrize("sent", [b"", b"x", b"x{"], ids=["nothing", "no request", "half a request"])
def test_a_client_that_is_killed_before_its_request_does_not_end_the_server(sent, tmp_path):
    address = forked(PROGRAM)[4]
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(address))
        client.sendall(sent)
    assert run(tmp_path, "return 3").returncode == 3


def start(folder, source):
    """Start a program that prints a line when it is ready, and return its client."""
    (folder / "program.py").write_text(f"import os, signal\ndef main():\n    {source}\n", "utf-8")
    client = subprocess.Popen(forked(PROGRAM), cwd=folder, stdout=subprocess.PIPE)
    assert client.stdout.readline() == b"ready\n"
    return client


def test_it_gets_the_signal_that_interrupts_its_client(tmp_path):
    client = start(tmp_path, "signal.signal(2, lambda *_: os._exit(7)); print('ready', flush=True); signal.pause()")
    client.send_signal(signal.SIGINT)
    assert client.wait(60) == 7


def test_it_is_killed_when_its_client_is_killed(tmp_path):
    client = start(tmp_path, "print('ready', flush=True); signal.pause()")
    client.kill()
    assert client.stdout.read() == b""  # the program has closed it
    assert client.wait(60) == -signal.SIGKILL


TESTS = """
import os, subprocess, sys
from tests.fork_server.starting import CLIENT, listen, new_folder
address = new_folder() / "socket"
listen(address, (), dict(os.environ))
subprocess.run([sys.executable, "-I", "-S", CLIENT, address, "program=program:main"])
"""


def test_it_ends_with_the_tests_that_started_its_server(tmp_path):
    (tmp_path / "program.py").write_text("import signal\ndef main():\n    print('ready', flush=True); signal.pause()\n")
    line, variables = [sys.executable, "-c", TESTS], environment(PYTHONPATH=str(ROOT))
    tests = subprocess.Popen(line, cwd=tmp_path, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert tests.stdout.readline() == b"ready\n"
    tests.kill()
    assert tests.communicate(timeout=60)[0] == b""  # the program and its client have closed it


SOURCE = """import os
def first():
    with open(f"/proc/{os.getppid()}/cmdline") as file:
        return os.environ["PYTHONHASHSEED"] + os.getcwd() + " " + file.read()
"""
"""A submission that returns two of the conditions under which it runs, and the command line of its zygote."""
FILES = [(str(PROBES), PROBES.read_bytes())]


def job(source, limit=60.0):
    """Return a job that runs a submission on one probe."""
    request = CheckRequest("first", "first::value_of_first", 0)
    return Job((("answer.py", source.encode()),), {"first": "answer"}, (request,), limit)


def zygote_of(conditions):
    """Return what a submission sees of a zygote that starts under these conditions."""
    (worker,) = make_workers(1, FILES, conditions=conditions)
    with zygotes_in_forks():
        try:
            return run_job(worker, job(SOURCE)).outcomes["first::value_of_first", 0].values["value"]
        finally:
            worker.stop()


@pytest.mark.parametrize("conditions", [USUAL, other_in_all()])
def test_a_zygote_is_a_fork_with_the_conditions_that_it_needs(conditions):
    seen = zygote_of(conditions)
    assert str(SERVER) in seen
    assert seen.startswith(f"{conditions.hash_seed}{conditions.folder or '/'} ")


def test_a_zygote_with_an_unusual_hash_seed_is_a_process_of_the_interpreter():
    seen = zygote_of(Conditions(hash_seed=5))
    assert str(SERVER) not in seen and seen.startswith("5/ ")


def test_a_program_that_is_no_zygote_is_not_forked(tmp_path):
    with zygotes_in_forks():
        ran = command("-P", "-s", "-B", "-c", "import sys; print('torch' in sys.modules)", cwd=tmp_path)
    assert ran.stdout == "False\n"


@pytest.mark.usefixtures("forked_zygotes", "sandbox")
def test_the_sandbox_has_the_level_that_it_has_without_forks(pool):
    with make_sandboxed_pool(FILES, 1, "auto", MEMORY_LIMIT, TIME_LIMIT) as forked_pool:
        assert forked_pool.level == pool.level


GRADER = """
import subprocess
from tests.fork_server.zygote_forks import ForkingPopen
subprocess.Popen, ForkingPopen.servers = ForkingPopen, {servers!r}
from grader.execution.host.pool import make_pool_without_sandbox
from tests.fork_server.test_forked_programs import FILES, job
with make_pool_without_sandbox(FILES, 1) as pool:
    pool.submit(job({source!r}, limit=600)).result()
"""


def test_a_zygote_and_its_child_end_with_the_grader(tmp_path):
    os.mkfifo(tmp_path / "started")
    source = f"def first():\n    open({str(tmp_path / 'started')!r}, 'w').close()\n    while True: pass"
    code = GRADER.format(servers=zygote_servers(sys.executable), source=source)
    servers = [child for child in psutil.Process().children() if str(SERVER) in child.cmdline()]
    grader = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        (tmp_path / "started").read_bytes()  # waits for the child
        family = [fork for server in servers for fork in server.children(recursive=True)]
        assert len(family) >= 2
    finally:
        grader.kill()
        grader.wait()
    assert not psutil.wait_procs(family, 60)[1]
