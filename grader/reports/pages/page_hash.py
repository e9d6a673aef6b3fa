"""Hash of all that a student's page depends on, kept in its head: a page with the same hash is not written again."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from grader.core.hashing import code_hash, digest
from grader.core.package_paths import PACKAGE
from grader.grading.results.final_result import FinalResult

HEAD = 400
"""Bytes of a page in which the hash stands."""


class Inputs:
    """Hashes all that a student's page depends on.

    A page goes to its student, and the hash covers hidden checks that it may not show: `secret`, which only the folder
    holds, keeps anybody from trying out what they were.
    """

    def __init__(self, secret: bytes, run: Mapping[str, Any], language: str) -> None:
        run_facts = {part: run.get(part) for part in ("seed", "sandbox", "versions", "policy")}
        self._secret = secret
        facts = msgspec.json.encode(run_facts, order="sorted")
        self._common = digest(version("jinja2"), code_hash(PACKAGE), language, facts).encode()

    def digest(self, result: FinalResult) -> str:
        """The hash of one student; empty where the verdicts have no keys.

        A key stands for what was handed in and for the exercise, with its title, its hints and the visibility of its
        checks, and so for the text and the pictures that the journal keeps beside the verdict.
        """
        if not result.keys:
            return ""
        made = blake2b(self._common, key=self._secret, digest_size=20)
        facts = (dict(result.keys), result.records, result.human, result.final, repr(result.metadata))
        made.update(msgspec.msgpack.encode(facts))
        return made.hexdigest()


def stands(page: Path, inputs: str) -> bool:
    """True if the page exists and has this hash in its head."""
    try:
        with page.open("rb") as file:
            return f'"{inputs}"'.encode() in file.read(HEAD)
    except OSError:
        return False
