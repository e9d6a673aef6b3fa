"""Run many scripts in one process: torch is imported once, and each script runs in a forked child.

    python -m tests.learner.check_script.script_runner FILE

FILE is a JSON list of [script, folder of the learner's module]. Prints a JSON list of [exit code, output].
"""

import contextlib
import io
import json
import os
import signal
import sys
import traceback
import warnings
from pathlib import Path

SECONDS = 20
"""Time limit of a script."""


def run_script(script: str, folder: str) -> tuple[int, str]:
    """Run a script as `python FILE` in a folder does."""
    output, code = io.StringIO(), 0
    sys.path.insert(0, folder)
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            exec(compile(script, "script.py", "exec", dont_inherit=True), {"__name__": "__main__"})
        except SystemExit as end:
            code = end.code or 0
        except BaseException:  # noqa: BLE001  (Python prints any exception of a script)
            traceback.print_exc()
            code = 1
    return code, output.getvalue()


def run_in_child(script: str, folder: str) -> tuple[int, str]:
    """Run a script in a forked child, which leaves nothing behind."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        os.close(reading)
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:
            json.dump(run_script(script, folder), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return tuple(json.loads(text)) if text else (-1, "the script ended its process")


def main() -> None:
    """Run the scripts of a file."""
    import torch
    import torch._dynamo  # optimizers import it on first use: without this, every child would

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    jobs = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    sys.stdout.write(json.dumps([run_in_child(*job) for job in jobs]))


if __name__ == "__main__":
    main()
