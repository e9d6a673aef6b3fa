"""Replace the texts that differ between two runs of the same code by named placeholders, and change nothing else."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow

ROOT = Path(__file__).resolve().parents[2]
"""The checkout that is recorded."""
PACKAGES = Path(pyarrow.__file__).parents[4]
"""The environment of the installed packages; a worktree may borrow another one's."""


@dataclass(frozen=True)
class Rule:
    """One replacement: in files whose recorded path matches `where`, `pattern` becomes `by`."""

    where: str
    pattern: str
    by: str | Callable[[re.Match[str]], str]

    def apply(self, path: str, text: str) -> str:
        """Return the text with the placeholder in it."""
        return re.sub(self.pattern, self.by, text) if re.search(self.where, path) else text


COMMAND = r"\.command\.txt$"
"""Where the output of a command is recorded."""

NUMBER = r"\d+(?:\.\d+)?(?:e-\d+)?"

RULES = (
    # The hash in a page's head covers a secret of the results folder and every byte of the grader's code.
    Rule(r"\.html$", r'(<meta name="made-from" content=")[0-9a-f]{40}"', r'\1<made from>"'),
    # The seconds of a function; null, if they were not measured, is kept.
    Rule(r"results\.jsonl$", rf'"seconds":{NUMBER}(?=[,\}}])', '"seconds":<seconds>'),
    Rule(r"functions\.parquet\.rows$", rf'"seconds": {NUMBER}(?=\}})', '"seconds": <seconds>'),
    Rule(r"/github/.*/result\.(json|b64\.decoded)$", rf'"duration":"{NUMBER}s"', '"duration":"<seconds>s"'),
    Rule(r"/gradescope/.*/results\.json$", rf'"execution_time": {NUMBER}', '"execution_time": <seconds>'),
    Rule(r"/junit\.xml$", rf' time="{NUMBER}"', ' time="<seconds>"'),
    # The time and the duration of the run.
    Rule(r"run\.json$", r'"finished": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"', '"finished": "<time>"'),
    Rule(r"run\.json$", r'"seconds": \d+\.\d+', '"seconds": <seconds>'),
    Rule(r"overrides-history\.jsonl$", r'"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"', '"time":"<time>"'),
    # `grade` and `doctor` print how long they took.
    Rule(COMMAND, r"(?m)\bin \d+\.\d s(?= \(seed |$)", "in <seconds> s"),
    Rule(COMMAND, r"\btime: \d+\.\d s(?=, seed)", "time: <seconds> s"),
    Rule(COMMAND, r"用时 \d+\.\d 秒", "用时 <seconds> 秒"),
    # pytest also prints the time, and fills its line with bars.
    Rule(COMMAND, r"(?m)^=+ (.+) in \d+\.\d\ds(?: \(\d:\d\d:\d\d\))? =+$", r"== \1 in <seconds>s =="),
    # The scheduler uses any free port.
    Rule(r"", r"tcp://127\.0\.0\.1:\d+", "tcp://127.0.0.1:<port>"),
    # CPython's addresses of objects, in a repr.
    Rule(r"", r"\bat 0x[0-9a-f]{6,16}\b", "at <address>"),
)


@dataclass(frozen=True)
class Normalizer:
    """Normalizes texts of one recording; `folder` is its temporary working folder."""

    folder: Path
    paths: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Name the folders that differ between machines and checkouts, the innermost first."""
        environments = {sys.prefix: "<environment>", str(PACKAGES): "<environment>"}
        named = {str(self.folder): "<work>", str(ROOT): "<checkout>"} | environments
        object.__setattr__(self, "paths", dict(sorted(named.items(), key=lambda item: -len(item[0]))))

    def text(self, path: str, text: str, *extra: Rule) -> str:
        """Return the text to be recorded at `path`."""
        for folder, name in self.paths.items():
            text = text.replace(folder, name)
        for rule in (*RULES, *extra):
            text = rule.apply(path, text)
        return text
