"""Make the file that says which checks each known mistake passes (`judge.passed_checks` reads it)."""

from __future__ import annotations

from collections.abc import Iterable

from grader.judge.hint import Known
from grader.judge.passed_checks import PassedChecksFile, hash_of_sources
from grader.judge.readable_json import encode_readable


def make_passed_checks(sources: Iterable[bytes], known: Iterable[Known]) -> bytes:
    """Return the bytes of a file: `sources` are all that it depends on, `known` the verdicts on the mistakes."""
    passes = {
        mistake: [verdict.check.name for verdict in verdicts.values() if verdict.passed]
        for of_function in known
        for mistake, verdicts in of_function.items()
    }
    return encode_readable(PassedChecksFile(hash_of_sources(sources), passes))
