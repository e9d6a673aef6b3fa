"""Make the file of what is known of each mistake without a run. `course.passed_checks` reads it."""

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
    """Return the bytes of the file.

    sources: contents of all files that the passed checks depend on; the new file holds their hash.
    known: verdicts on the mistakes of each function, all checks run in one process. A mistake that neither returns
        observations nor raises in a check is left out, so that grading observes it on all checks.
    order_dependent: ids of mistakes that `find_order_dependent` returns.
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
    """Return the mistakes that have other outcomes if they run only on the checks that they fail, in reverse order.

    known: verdicts on these mistakes, which ran on all checks in their order with the public seed.
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
