"""Terminal report on a running `grader grade`: progress bar, sandbox level, warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from grader.core.errors import UsageError
from grader.core.language import translator
from grader.execution.host.pool import Executor, Pool, make_sandboxed_pool
from grader.execution.host.worker import Worker
from grader.grading.runs.experiment_errors import report_unloadable_experiments
from grader.grading.runs.grading_run import GradingRun
from grader.reports.terminal import DEFAULT_DELAY, ProgressBar
from grader.submissions.submission import Submission

if TYPE_CHECKING:
    from grader.execution.host.dask_pool import ClusterPool


def grade_class(
    run: GradingRun,
    submissions: Sequence[Submission],
    workers: int,
    standby_workers: Sequence[Worker] = (),
    max_seconds: float | None = None,
) -> None:
    """Grade every submission that is not in the journal yet, and show the progress.

    If the run takes longer than `max_seconds`, no other submission is started (`GradingRun.grade`).
    """
    tr = translator(run.plan.language)
    if run.journal.upgraded:
        _print_line(_describe_upgrade(run, tr))
    if run.resumed:
        _print_line(tr("Resuming the earlier run of this command."))
    with ProgressBar(Console(stderr=True), len(submissions), tr("reading"), DEFAULT_DELAY) as bar:

        @contextmanager
        def open_pool_with_messages() -> Iterator[Executor]:
            bar.stop()
            count = min(workers, len(submissions))
            with report_unloadable_experiments(run.library), _make_pool(run, count, standby_workers) as pool:
                level = pool.level
                _print_line(tr("sandbox: {level}").format(level=level))
                if not level.is_strong:
                    _print_line(tr("[bold red]warning:[/] student code may reach your files and your network"))
                bar.restart(tr("grading"))
                yield pool

        for progress in run.grade(submissions, open_pool_with_messages, max_seconds):
            bar.begin_item(progress.graded, not progress.was_unchanged)
            bar.finish_item(progress.graded)


def _make_pool(run: GradingRun, workers: int, standby_workers: Sequence[Worker]) -> Pool | ClusterPool:
    """Return a pool of workers on this machine, or on the cluster that the plan names."""
    plan, files = run.plan, run.library.experiment_files
    limits = (plan.memory_limit, plan.time_limit)
    if not plan.dask:
        return make_sandboxed_pool(files, workers, plan.sandbox, *limits, standby_workers)
    try:
        from grader.execution.host.dask_pool import ClusterPool, Equipment
    except ModuleNotFoundError as error:
        raise UsageError(
            "Dask is not installed ({error}). Install it: {cure}", error=error, cure="pip install 'autograded[cluster]'"
        ) from None
    return ClusterPool(plan.dask, Equipment(files, plan.sandbox, *limits))


def _describe_upgrade(run: GradingRun, tr: Callable[[str], str]) -> str:
    """Return the message that all submissions are graded again, because an earlier release wrote the journal."""
    if run.has_earlier_seed:
        text = tr("{folder} was written by release 0.1: every submission is graded again, with the same seed.")
    else:
        text = tr("{folder} was written by release 0.1: every submission is graded again.")
    return escape(text.format(folder=run.out))


def _print_line(text: str) -> None:
    """Print a line on standard error."""
    Console(stderr=True, highlight=False).print(text)
