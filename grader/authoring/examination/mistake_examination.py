"""Examine the known mistakes of a function: is each caught with every seed, and is its own hint shown first?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from grader.authoring.doctor_report import Finding
from grader.authoring.examination.source_runner import Outcomes
from grader.core.outcome_encoding import outcome_to_plain
from grader.core.outcomes import Status
from grader.course.mistakes import Mistake
from grader.experiments.declaration import Check
from grader.grading.verdicts.diagnosis import MistakeVerdicts, decide_mistakes, recognize_mistakes
from grader.grading.verdicts.verdict import Verdict, distance

MIN_WRONG_DISTANCE = 100.0
"""Minimum difference between a mistake and the solution, in tolerances.

A mistake that differs less might pass on a machine that rounds differently.
"""

_Symptoms: TypeAlias = tuple[tuple[str, Status, frozenset[str]], ...]
"""The checks that a mistake fails, each with its status and the names of its wrong observations."""


class MistakeExamination:
    """Examination of the mistakes of one function.

    mistakes: id -> mistake.
    reference: outcomes of the solution with all `seeds`.
    outcomes: id of a mistake -> its outcomes; those of a mistake that times out or crashes, with the first seed only.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        reference: Outcomes,
        mistakes: Mapping[str, Mistake],
        outcomes: Mapping[str, Outcomes],
        seeds: Sequence[int],
    ) -> None:
        self._checks, self._reference = checks, reference
        self._mistakes, self._outcomes, self._seeds = mistakes, outcomes, seeds
        self._verdicts: dict[int, MistakeVerdicts] = {}
        self._alike: dict[int, dict[_Symptoms, list[str]]] = {}

    def examine(self, name: str) -> Iterator[Finding]:
        """Yield the findings about the mistake with this id."""
        mistake = self._mistakes[name]
        if mistake.fatal_outcome:
            statuses = {v.status.value for v in self.verdicts(self._seeds[0])[name].values()}
            if mistake.fatal_outcome not in statuses:
                found = f"declared outcome {mistake.fatal_outcome}, but the result is {', '.join(sorted(statuses))}"
                yield Finding(name, found, "correct its outcome")
            return
        by_seed = {seed: list(self.verdicts(seed)[name].values()) for seed in self._seeds}
        missed = [seed for seed, verdicts in by_seed.items() if all(v.passed for v in verdicts)]
        if missed:
            cure = "add an experiment that shows the difference, or remove the mistake"
            yield Finding(name, f"not caught: it passes all checks (seeds {missed})", cure)
            return
        for index, check in enumerate(self._checks):
            # Grading relies on a file (`course.passed_checks`) that says in which checks a mistake passes or raises an
            # exception. So the verdict must be the same with every seed.
            if len({verdicts[index].status for verdicts in by_seed.values()}) > 1:
                cure = "choose inputs on which the mistake fails with all seeds, or with none"
                yield Finding(f"{name} on {check.name}", "the verdict depends on the seed", cure)
        nearest = min(max(distance(v) for v in verdicts) for verdicts in by_seed.values())
        if nearest < MIN_WRONG_DISTANCE:
            cure = f"add an experiment in which it differs by at least {MIN_WRONG_DISTANCE:.0f} tolerances"
            yield Finding(name, f"caught too narrowly: it differs by {nearest:.3g} tolerances", cure)
        yield from self._examine_hint(name, by_seed)

    def _examine_hint(self, name: str, by_seed: Mapping[int, list[Verdict]]) -> Iterator[Finding]:
        for seed, verdicts in by_seed.items():
            # Only mistakes with the same symptoms can be named before this one, so compare it with no others.
            rivals = {m: self.verdicts(seed)[m] for m in self._mistakes_with(_symptoms(verdicts), seed)}
            named = recognize_mistakes(verdicts, rivals).mistakes
            if named[:1] != (name,):
                found = f"with seed {seed} it gets the hint of {', '.join(named) or 'no mistake'}"
                yield Finding(name, found, "add an experiment in which the two differ")
                return

    def find_equal(self) -> Iterator[Finding]:
        """Yield a finding about each pair of mistakes that have the same outcomes in all checks."""
        first_with: dict[bytes, str] = {}
        for name, mistake in self._mistakes.items():
            outcomes = self._outcomes[name]
            same = msgspec.msgpack.encode([outcome_to_plain(outcomes[key]) for key in sorted(outcomes)])
            if same in first_with and not mistake.fatal_outcome:
                cure = "add an experiment in which the two differ, or merge them"
                yield Finding(first_with[same], f"it has the same outcomes as {name} in all checks", cure)
            first_with[same] = name

    def find_changed_hints(self, new: str) -> Iterator[Finding]:
        """Yield a finding about each other mistake whose hints change because the mistake `new` is added."""
        for name in (m for m in self._mistakes if m != new):
            for seed in self._seeds:
                known = self.verdicts(seed)
                if name not in known:
                    continue
                verdicts = list(known[name].values())
                before = recognize_mistakes(verdicts, {m: others for m, others in known.items() if m != new})
                after = recognize_mistakes(verdicts, known)
                if after != before:
                    now, earlier = (", ".join(d.mistakes) or "no mistake" for d in (after, before))
                    found = f"with seed {seed} it gets the hint of {now}; without the new mistake, of {earlier}"
                    yield Finding(name, found, "add an experiment in which the two differ")
                    break

    def verdicts(self, seed: int) -> MistakeVerdicts:
        """Return the verdicts on all mistakes with one seed."""
        if seed not in self._verdicts:
            references = {check.id: self._reference[check.id, seed] for check in self._checks}
            outcomes = {
                m: {c.id: o[c.id, seed] for c in self._checks if (c.id, seed) in o} for m, o in self._outcomes.items()
            }
            self._verdicts[seed] = decide_mistakes(self._checks, references, outcomes)
        return self._verdicts[seed]

    def _mistakes_with(self, symptoms: _Symptoms, seed: int) -> list[str]:
        """Return the ids of the mistakes that have these symptoms with the given seed."""
        if seed not in self._alike:
            self._alike[seed] = {}
            for name, verdicts in self.verdicts(seed).items():
                self._alike[seed].setdefault(_symptoms(verdicts.values()), []).append(name)
        return self._alike[seed][symptoms]


def _symptoms(verdicts: Iterable[Verdict]) -> _Symptoms:
    return tuple((v.check.id, v.status, v.wrong) for v in verdicts if not v.passed)
