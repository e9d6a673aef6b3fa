"""Replace the texts that differ between two runs of the same code by placeholders, and change nothing else."""

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
"""The environment with the installed packages. It may differ from that of this Python, which can borrow packages."""


@dataclass(frozen=True)
class Rule:
    """One replacement: in files whose recorded path matches `where`, each match of `pattern` is replaced by `by`."""

    where: str
    pattern: str
    by: str | Callable[[re.Match[str]], str]

    def apply(self, path: str, text: str) -> str:
        """Return the text of the file at `path`, with the replacements of this rule."""
        return re.sub(self.pattern, self.by, text) if re.search(self.where, path) else text


COMMAND = r"\.command\.txt$"
"""Pattern of the paths of files that hold the output of a command."""

NUMBER = r"\d+(?:\.\d+)?(?:e-\d+)?"

RULES = (
    # The hash in the head of a page depends on a secret of the results folder, and on the code of the grader.
    Rule(r"\.html$", r'(<meta name="made-from" content=")[0-9a-f]{40}"', r'\1<made from>"'),
    # The seconds of a function. If they were not measured, they are null, and null is not replaced.
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
    # pytest prints how long it took, in a line that it fills with "=" signs.
    Rule(COMMAND, r"(?m)^=+ (.+) in \d+\.\d\ds(?: \(\d:\d\d:\d\d\))? =+$", r"== \1 in <seconds>s =="),
    # The scheduler uses any free port.
    Rule(r"", r"tcp://127\.0\.0\.1:\d+", "tcp://127.0.0.1:<port>"),
    # The address of an object in its repr.
    Rule(r"", r"\bat 0x[0-9a-f]{6,16}\b", "at <address>"),
)


@dataclass(frozen=True)
class Normalizer:
    """Normalizes the texts of one record. `folder` is the temporary folder in which the commands run."""

    folder: Path
    paths: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Choose placeholders for the folders whose paths differ between machines. Longer paths are replaced first."""
        environments = {sys.prefix: "<environment>", str(PACKAGES): "<environment>"}
        named = {str(self.folder): "<work>", str(ROOT): "<checkout>"} | environments
        object.__setattr__(self, "paths", dict(sorted(named.items(), key=lambda item: -len(item[0]))))

    def text(self, path: str, text: str, *extra: Rule) -> str:
        """Return a text with placeholders, as it is recorded at `path`. `extra` are rules for this text alone."""
        for folder, name in self.paths.items():
            text = text.replace(folder, name)
        for rule in (*RULES, *extra):
            text = rule.apply(path, text)
        return text
