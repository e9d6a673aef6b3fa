"""Make the file that says which checks each known mistake passes. `course.passed_checks` reads this file in grading."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from grader.authoring.readable_json import encode_readable
from grader.core.outcome_encoding import outcome_to_plain
from grader.core.outcomes import Observed, Outcome, Raised
from grader.course.library import Library
from grader.course.mistakes import Mistake
from grader.course.passed_checks import PassedChecksFile, hash_of_sources
from grader.execution.host.pool import Pool
from grader.experiments.declaration import PUBLIC_SEED
from grader.grading.verdicts.diagnosis import MistakeVerdicts
from grader.grading.verdicts.known_mistakes.source_runs import start_mistakes
from grader.grading.verdicts.verdict import Verdict


def make_passed_checks(
    sources: Iterable[bytes], known: Iterable[MistakeVerdicts], order_dependent: Collection[str] = ()
) -> bytes:
    """Return the content of the file.

    sources: contents of all files on which the verdicts depend. The new file contains their hash.
    known: for each function, the verdicts on its mistakes, which ran on all checks in one process. A mistake that times
        out or crashes in a check is left out of the file, so that grading runs it on all checks.
    order_dependent: ids of the mistakes that `find_order_dependent` has found.
    """
    verdicts = {m: [*of.values()] for mistakes in known for m, of in mistakes.items() if _is_usual(of.values())}
    return encode_readable(
        PassedChecksFile(
            hash_of_sources(sources),
            {m: [verdict.check.name for verdict in of if verdict.passed] for m, of in verdicts.items()},
            {m: names for m, of in verdicts.items() if (names := _raising_checks(of))},
            [mistake for mistake in verdicts if mistake in order_dependent],
        )
    )


def find_order_dependent(library: Library, pool: Pool, mistakes: Sequence[Mistake], known: MistakeVerdicts) -> set[str]:
    """Return the ids of the mistakes whose outcomes depend on earlier checks, for example through a global variable.

    To find them, each mistake runs once more, only on the checks that it fails, in reverse order.

    known: verdicts on these mistakes, which ran on all checks in the usual order, with the public seed.
    """
    runs = [
        (m, [c for c, v in reversed([*known[m.id].items()]) if not v.passed]) for m in mistakes if not m.fatal_outcome
    ]
    results = start_mistakes(library, pool, PUBLIC_SEED, runs)
    return {
        mistake.id
        for (mistake, _), result in zip(runs, results, strict=True)
        if any(_differ(outcome, known[mistake.id][check].outcome) for check, outcome in result().items())
    }


def _differ(first: Outcome, second: Outcome) -> bool:
    return outcome_to_plain(first) != outcome_to_plain(second)


def _is_usual(verdicts: Iterable[Verdict]) -> bool:
    return all(isinstance(verdict.outcome, Observed | Raised) for verdict in verdicts)


def _raising_checks(verdicts: Iterable[Verdict]) -> list[str]:
    return [verdict.check.name for verdict in verdicts if isinstance(verdict.outcome, Raised)]
