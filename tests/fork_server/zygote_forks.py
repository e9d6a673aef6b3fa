"""Start zygotes as forks of a server that has imported torch, instead of as new interpreters.

This module imports no module of the grader, because the fork servers of the tests import it.
"""

import os
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).with_name("client.py")
ZYGOTE = "from grader.execution.guest.zygote import main"
"""Part of the code that the grader gives to a new interpreter. Tests recognize the interpreter of a zygote by it."""


class ForkingPopen(subprocess.Popen):
    """subprocess.Popen, except that a zygote or the grader's fork server starts as a fork of a server of the tests.

    In bubblewrap and as another user they start as new interpreters, because a client cannot reach the server from
    there. `servers` maps each value of PYTHONHASHSEED to the socket of a server. With any other value, a new
    interpreter starts.
    """

    servers = {}  # noqa: RUF012  (set once for the process)

    def __init__(self, args, *more, **options):
        super().__init__(self._line(args, options), *more, **options)

    def _line(self, args, options):
        python = [os.path.abspath(sys.executable), "-P", "-s", "-B", "-c"]  # noqa: PTH100  (as the grader writes it)
        if not isinstance(args, list) or args[:5] != python or ZYGOTE not in args[5] or options.get("user") is not None:
            return args
        server = self.servers.get(options["env"]["PYTHONHASHSEED"])
        return args if server is None else [sys.executable, "-I", "-S", str(CLIENT), server, *args[4:]]
