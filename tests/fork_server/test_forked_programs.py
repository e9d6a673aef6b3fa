"""A program in a fork behaves as a program that a new interpreter runs."""

import signal
import subprocess

from tests.fork_server.starting import forked
from tests.tools import run_line

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
