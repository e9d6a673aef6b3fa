"""Make the file with the checks that each known mistake passes. `course.passed_checks` reads it."""

from __future__ import annotations

from collections.abc import Iterable

from grader.authoring.readable_json import encode_readable
from grader.course.passed_checks import PassedChecksFile, hash_of_sources
from grader.grading.verdicts.diagnosis import MistakeVerdicts


def make_passed_checks(sources: Iterable[bytes], known: Iterable[MistakeVerdicts]) -> bytes:
    """Return the bytes of the file.

    sources: contents of all files that the passed checks depend on; the new file holds their hash.
    known: verdicts on the mistakes of each function.
    """
    passed_checks = {
        mistake: [verdict.check.name for verdict in verdicts.values() if verdict.passed]
        for mistakes in known
        for mistake, verdicts in mistakes.items()
    }
    return encode_readable(PassedChecksFile(hash_of_sources(sources), passed_checks))
