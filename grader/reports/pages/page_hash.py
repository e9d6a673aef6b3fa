"""Hash of all data that a student's page depends on. A page that contains the same hash is not written again."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from grader.core.files.regular_files import open_regular
from grader.core.hashing import code_hash, digest
from grader.core.package_paths import PACKAGE
from grader.grading.results.final_result import FinalResult

HEAD_BYTES = 400
"""The hash is within this number of bytes at the start of a page."""


class PageHasher:
    """Computes the hash of all data that a student's page depends on.

    The data includes hidden checks that the page may not show, and students can read the hash in the page. So the hash
    is computed with a key, `secret`, that only the journal holds. Without this key, nobody can guess data of hidden
    checks and compare the hash.
    """

    def __init__(self, secret: bytes, run: Mapping[str, Any], language: str) -> None:
        run_facts = {part: run.get(part) for part in ("seed", "sandbox", "versions", "policy")}
        self._secret = secret
        facts = msgspec.json.encode(run_facts, order="sorted")
        self._common = digest(version("jinja2"), code_hash(PACKAGE), language, facts).encode()

    def digest(self, result: FinalResult) -> str:
        """Return the hash of one student's page; an empty text if the verdicts have no cache keys.

        The cache keys and the records are enough: a cache key changes with the submission, and with the exercise
        including its title and the visibility of its checks, and thus with the code and pictures in the journal. The
        records hold the hints of mistakes.
        """
        if not result.keys:
            return ""
        hasher = blake2b(self._common, key=self._secret, digest_size=20)
        facts = (dict(result.keys), result.records, result.review_reason, result.final, repr(result.metadata))
        hasher.update(msgspec.msgpack.encode(facts))
        return hasher.hexdigest()


def is_current(page: Path, page_hash: str) -> bool:
    """True if the page exists and has this hash in its head."""
    try:
        with open_regular(page) as file:
            return f'"{page_hash}"'.encode() in file.read(HEAD_BYTES)
    except OSError:
        return False
