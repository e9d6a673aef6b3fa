"""Run a script of a check under Python's debugger, which stops at the first call of the student's function."""

from __future__ import annotations

import linecache
import os
import pdb
import sys
import traceback
from pathlib import Path

from grader.core.language import translator


def debug_script(text: str, name: str, file: Path, line: int, language: str) -> None:
    """Run a script in the folder of the learner's file, and stop at a line of that file.

    name: the name of the script in the debugger.
    line: number of the line; 0 to stop at the beginning of the script.
    """
    os.chdir(file.parent)
    sys.path.insert(0, str(file.parent))
    script = f"<{name}>"
    linecache.cache[script] = (len(text), None, text.splitlines(keepends=True), script)
    debugger = pdb.Pdb(nosigint=True)
    tr = translator(language)
    debugger.message(tr("u: the call in the script, a: the arguments, p NAME: a value, q: quit, h: help"))
    if line and not debugger.set_break(str(file), line, temporary=True):
        debugger.rcLines.append("continue")
    try:
        debugger.run(compile(text, script, "exec", dont_inherit=True), {"__name__": "__main__", "__file__": script})
    except SystemExit:
        return
    except Exception as error:  # noqa: BLE001  (student code may raise any exception; the debugger shows it)
        traceback.print_exception(error)
        debugger.reset()
        debugger.interaction(None, error.__traceback__)
