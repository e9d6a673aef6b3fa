"""All scenarios. Together they run every command on the course of this project, in both languages if it prints text."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor

from tests.record import authoring, classroom, grading, interruption
from tests.record.recorder import Recorder


def record_all(recorder: Recorder, only: Collection[str] = ()) -> list[str]:
    """Record the scenarios named in `only`, or all, two at a time; return a line for each that failed."""
    demo(recorder)
    scenarios = [scenario for name, scenario in SCENARIOS.items() if not only or name in only]
    with ThreadPoolExecutor(2) as threads:
        running = [(scenario.__name__, threads.submit(scenario, recorder)) for scenario in scenarios]
    return [f"{name}: not recorded: {error!r}" for name, future in running if (error := future.exception())]


def demo(recorder: Recorder) -> None:
    """Record `grader demo`, and make the downloads and folders that the other scenarios read."""
    work = recorder.folder
    classroom.copy_course(work / "course")
    (work / "policy.toml").write_text(classroom.POLICY, "utf-8")
    recorder.grader("demo/demo", "demo demo --students 30 --course course")
    recorder.tree("demo/class", "demo")
    classroom.downloads_of(work / "demo", work / "class")


SCENARIOS: dict[str, Callable[[Recorder], None]] = {
    scenario.__name__: scenario
    for scenario in (
        grading.english,
        authoring.authors,
        interruption.interrupted,
        interruption.on_dask,
        grading.chinese,
        grading.layouts,
        authoring.release,
        authoring.learner,
        authoring.help_pages,
    )
}
"""The scenarios by name. Each records into the folder of its name. The longest scenarios begin first."""
