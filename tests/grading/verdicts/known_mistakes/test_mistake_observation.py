"""Mistakes are observed on few checks, and the mistakes that are named are those of an observation on all checks."""

import random
import shutil
from concurrent.futures import Future

import pytest

from grader.authoring.passed_checks_recording import make_passed_checks
from grader.core.outcomes import Observed, TimedOut
from grader.course.goldens import read_golden
from grader.course.library import open_library
from grader.course.passed_checks import passed_checks_file
from grader.execution.host.job_run import JobResult
from grader.grading.verdicts.diagnosis import add_hints, decide_mistakes, recognize_mistakes
from grader.grading.verdicts.known_mistakes.mistake_observation import KnownMistakes
from grader.grading.verdicts.known_mistakes.source_runs import make_source_job
from grader.grading.verdicts.references import References
from grader.grading.verdicts.verdict import decide
from tests.conftest import SEED
from tests.tools import GENERATED, ROOT

ANSWERS = 24
"""Made-up answers to each function of the course."""


class RecordedMistakes:
    """An executor that returns what goldens say of mistakes, and counts how often a mistake runs on a check."""

    jobs = 2

    def __init__(self, outcomes):
        self._outcomes, self.runs = outcomes, 0

    def submit(self, job):
        """Return the recorded outcomes of a job and of the jobs in the same child."""
        results = []
        for one in (job, *job.more):
            self.runs += len(one.requests)
            found = self._outcomes[one.files[0][1].decode()]
            results.append(JobResult({(r.check, r.seed): found[r.check] for r in one.requests}))
        future = Future()
        results[0].more = results[1:]
        future.set_result(results[0])
        return future


class Course:
    """A course with public checks only, whose goldens hold all outcomes of its solutions and mistakes."""

    def __init__(self, root):
        library, known = open_library(root), {}
        self.solution, self.mistakes = {}, {}
        for name, files in library.exercise_files.items():
            golden = read_golden(root / "exercises" / "golden" / f"{name}.json")
            self.solution |= golden.references
            self.mistakes |= golden.mistakes
            for function in files.exercise.points:
                checks = files.exercise.checks_of(function)
                known[function] = decide_mistakes(checks, self.solution, self.mistakes.get(function, {}))
            content = make_passed_checks(library.sources(name), [known[f] for f in files.exercise.points])
            passed_checks_file(root, name).write_bytes(content)
        self.library, self.known = open_library(root), known
        self.sources = {m.source: self.mistakes[m.function][m.id] for m in self.library.mistakes.values()}

    def checks(self, function):
        return self.library.course.exercise_of[function].checks_of(function)

    def observer(self):
        """Return the known mistakes of the course, not observed yet, and the executor that counts their runs."""
        executor = RecordedMistakes(self.sources)
        return KnownMistakes(self.library, executor, SEED, lambda function: self.solution), executor


@pytest.fixture(scope="module")
def public_course(tmp_path_factory):
    root = tmp_path_factory.mktemp("public")
    for name in ("exercises", "solutions"):
        shutil.copytree(ROOT / name, root / name, ignore=GENERATED)
    return Course(root)


def blend(rng, first, second):
    """Return observations that are partly those of one outcome and partly those of another."""
    if not isinstance(first, Observed) or not isinstance(second, Observed):
        return rng.choice((first, second))
    return Observed({name: rng.choice((first, second)).values.get(name, v) for name, v in first.values.items()})


def made_up_answers(course, function, rng):
    """Yield outcomes of wrong answers: a mistake, two mistakes in one answer, and values that nobody predicts."""
    known, checks = list(course.mistakes[function].values()), course.checks(function)
    for number in range(ANSWERS):
        first, second = rng.choice(known), rng.choice(known)
        answer = {check.id: rng.choice((first, first, second, course.solution))[check.id] for check in checks}
        if number % 4 == 0:
            answer = {check.id: first[check.id] for check in checks}
        elif number % 4 == 1:
            answer = {check.id: blend(rng, first[check.id], second[check.id]) for check in checks}
        elif number % 4 == 2 and rng.random() < 0.5:
            answer[rng.choice(checks).id] = rng.choice((Observed({}), TimedOut(5.0)))
        yield [decide(check, answer[check.id], course.solution[check.id]) for check in checks]


def named(verdicts, known, diagnosis):
    return diagnosis, [verdict.hints for verdict in add_hints(verdicts, known, diagnosis)]


def test_the_named_mistakes_are_those_of_an_observation_on_all_checks(public_course):
    rng, guesses, explained, runs = random.Random(16), 0, 0, 0
    for function, known in public_course.known.items():
        observer, executor = public_course.observer()
        for verdicts in made_up_answers(public_course, function, rng):
            expected = recognize_mistakes(verdicts, known)
            found, diagnosis = observer.diagnose(function, verdicts)
            assert named(verdicts, found, diagnosis) == named(verdicts, known, expected), function
            explained += bool(expected.mistakes)
            guesses += not expected.mistakes
        runs += executor.runs
    assert explained > 300 and guesses > 50  # both kinds of answers were tried
    of_mistakes = [of for known in public_course.known.values() for of in known.values()]
    assert runs <= sum(not verdict.passed for of in of_mistakes for verdict in of.values())


@pytest.mark.parametrize("at_once", [False, True])
def test_the_order_of_the_answers_makes_no_difference(public_course, at_once):
    function = "train_step"
    answers = list(made_up_answers(public_course, function, random.Random(5)))
    observer, executor = public_course.observer()
    if at_once:
        for verdicts in answers:
            observer.prepare({function: verdicts})
    diagnoses = [observer.diagnose(function, verdicts)[1] for verdicts in reversed(answers)]
    assert diagnoses[::-1] == [recognize_mistakes(verdicts, public_course.known[function]) for verdicts in answers]
    observed = executor.runs
    for verdicts in answers:
        observer.diagnose(function, verdicts)
    assert executor.runs == observed  # nothing is observed twice


def test_a_right_answer_to_all_but_one_check_costs_few_runs(public_course):
    function = "train_step"
    known, checks = public_course.known[function], public_course.checks(function)
    rarest = min(checks, key=lambda check: sum(not of[check.id].passed for of in known.values()))
    verdicts = [
        decide(c, Observed({}) if c == rarest else public_course.solution[c.id], public_course.solution[c.id])
        for c in checks
    ]
    observer, executor = public_course.observer()
    observer.prepare({function: verdicts})
    assert executor.runs == sum(
        [check for check, verdict in of.items() if not verdict.passed] == [rarest.id]
        and isinstance(of[rarest.id].outcome, Observed)
        for of in known.values()
    )


def verdicts_on(library, references, source, pool):
    """Return the verdicts on an answer to `descend`, which runs in the pool."""
    checks = library.course.exercise_of["descend"].checks_of("descend")
    job = make_source_job("ex1_small", source, [("descend", check.id) for check in checks], SEED)
    outcomes = pool.submit(job).result(timeout=60).outcomes
    return [decide(c, outcomes[c.id, SEED], references.solution("descend")[c.id]) for c in checks]


def test_without_the_file_mistakes_run_on_all_checks_and_the_same_ones_are_named(library, pool, course):
    passed_checks_file(course, "ex1_small").unlink()
    unknown = open_library(course)
    references, without = References(library, pool, SEED), References(unknown, pool, SEED)
    for mistake in library.exercise_files["ex1_small"].mistakes_of("descend"):
        verdicts = verdicts_on(library, references, mistake.source, pool)
        diagnosis = references.mistakes.diagnose("descend", verdicts)[1]
        assert diagnosis == without.mistakes.diagnose("descend", verdicts)[1]
        assert diagnosis.mistakes == (mistake.id,)
