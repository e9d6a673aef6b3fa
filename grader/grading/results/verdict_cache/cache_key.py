"""Cache keys: the journal finds a verdict under its key as long as nothing that the verdict depends on has changed.

A key is a hash of the submission, of the exercise (solution, experiments), of the settings of the run (seed, limits,
sandbox level, versions) and of the grader's own code (`verdict_cache.deciding_code`). No student's name is part of a
key, so equal submissions have equal keys. `exercise_keys` hashes everything except the submission, once per run, and
`submission_keys` adds each submission.

Known mistakes are no part of a key, since only wrong answers are compared with them: the entry of a wrong answer holds
the hash of the mistakes of its function (`Library.mistake_hashes`), and the journal finds it only while that hash is
the same. So after a new mistake only its function runs again, and only for the students who failed that function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from grader.core.hashing import digest
from grader.core.outcome_encoding import reason_to_plain
from grader.core.reasons import Reason
from grader.core.source_encoding import is_plain
from grader.course.library import Library
from grader.grading.results.verdict_cache.deciding_code import deciding_code


def exercise_keys(library: Library, functions: Sequence[str], settings: Mapping[str, object]) -> dict[str, str]:
    """Return by function a hash of all that its verdict depends on, except the submission and the known mistakes."""
    common = msgspec.json.encode({**settings, "grader": deciding_code()}, order="sorted")
    exercise_of = {function: library.course.exercise_of[function].name for function in functions}
    by_exercise = {name: digest(common, *library.sources(name, mistakes=False)) for name in set(exercise_of.values())}
    return {function: by_exercise[name] for function, name in exercise_of.items()}


def content_hash(
    files: Sequence[tuple[str, bytes]], problems: Sequence[Reason], strict_encoding: bool = False
) -> bytes:
    """Return a hash of the files of a submission and of the reasons why its other files could not be read.

    With `strict_encoding`, a file that is not plain UTF-8 may get another verdict, so its submission gets another hash.
    All other submissions have the same hash with and without `strict_encoding`. For this reason, the grader reuses the
    verdicts on all other submissions when the policy changes.
    """
    parts = (part for file in files for part in file)
    reasons = (msgspec.json.encode(reason_to_plain(problem)) for problem in problems)
    strict = ["strict"] if strict_encoding and not all(is_plain(data) for _, data in files) else []
    return bytes.fromhex(digest(str(len(files)), *parts, *reasons, *strict))


def submission_keys(
    exercises: Mapping[str, str], content: bytes, accepted: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Return the cache key of each function for a submission.

    `exercises` comes from `exercise_keys`, `content` from `content_hash`. `accepted` maps a function to the file that
    a person chose (`results.journal_rows.accepted_files`).
    """
    keys = {base: digest(base, content) for base in set(exercises.values())}
    chosen = {
        function: digest(exercises[function], content, file)
        for function, file in accepted.items()
        if function in exercises
    }
    return {function: keys[base] for function, base in exercises.items()} | chosen
