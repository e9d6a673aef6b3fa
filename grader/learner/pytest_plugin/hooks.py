"""pytest shows verdicts; it does not produce them.

pytest exercises/                        a learner checks her own files against the goldens
pytest tests/hidden --submission DIR     what grading decides about a submission, item by item
pytest tests/hidden                      the same on the solutions
"""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.discovery import HIDDEN, is_experiment_file
from grader.learner.pytest_plugin.files import HiddenFile, PublicFile
from grader.learner.pytest_plugin.start import Start, checks_of_answers, language, right_folder


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the two ways to check."""
    group = parser.getgroup("autograded")
    group.addoption("--submission", metavar="DIR", help="a student's folder or file to run the hidden checks on")
    group.addoption("--seed", type=int, default=1, help="seed of the hidden checks (a run's is in its run.json)")
    group.addoption("--sandbox", default="auto", help="walls round the submission: auto, full, core, weak, none")
    group.addoption("--lang", metavar="en|zh", help="language of claims and hints (default: the system's)")
    group.addoption("--time-limit", type=float, default=5.0, metavar="S", help="seconds for one check (default 5)")


def pytest_configure(config: pytest.Config) -> None:
    """Where reports arrive (not in an xdist worker), keep the tally for the summary."""
    config.pluginmanager.register(Start(), "autograded-start")
    config.args[:] = [checks_of_answers(argument, config.invocation_params.dir) for argument in config.args]
    if not hasattr(config, "workerinput"):
        from grader.learner.pytest_plugin.summary import Tally

        right_folder(config, language(config))
        config.pluginmanager.register(Tally(language(config)), "autograded-tally")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file of experiments is collected as such, not as a module of tests."""
    if not is_experiment_file(module_path):
        return None
    hidden = module_path.parent.parts[-2:] == HIDDEN.parts
    kind = HiddenFile if hidden else PublicFile
    return kind.from_parent(parent, path=module_path)
