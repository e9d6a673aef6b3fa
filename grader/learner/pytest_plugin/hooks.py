"""Hooks of the pytest plugin, which collects files of experiments.

pytest exercises/                        check a learner's files against the goldens
pytest tests/hidden --submission DIR     grade a submission, one item per check
pytest tests/hidden                      grade the solution instead of a submission
"""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.discovery import HIDDEN, is_experiment_file
from grader.execution.guest.default_limits import TIME_LIMIT
from grader.learner.pytest_plugin.files import HiddenFile, PublicFile
from grader.learner.pytest_plugin.preconditions import (
    Preconditions,
    experiment_argument,
    language,
    require_existing_folder,
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the checks."""
    group = parser.getgroup("autograded")
    group.addoption("--submission", metavar="DIR", help="a student's folder or file to run the hidden checks on")
    group.addoption("--seed", type=int, default=1, help="seed of the hidden checks (run.json holds that of a class)")
    group.addoption("--sandbox", default="auto", help="sandbox level for the submission: auto, full, core, weak, none")
    group.addoption("--lang", metavar="LANG", help="language of claims and hints, such as en (default: the system's)")
    text = f"seconds for one check (default {TIME_LIMIT:g})"
    group.addoption("--time-limit", type=float, default=TIME_LIMIT, metavar="S", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugins `Preconditions` and `Summary`.

    A worker process of pytest-xdist gets no `Summary`, because only the main process gets the reports of all items.
    """
    config.pluginmanager.register(Preconditions(), "autograded-start")
    config.args[:] = [experiment_argument(argument, config.invocation_params.dir) for argument in config.args]
    if not hasattr(config, "workerinput"):
        from grader.learner.pytest_plugin.summary import Summary

        require_existing_folder(config, language(config))
        config.pluginmanager.register(Summary(language(config)), "autograded-tally")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file of experiments as checks instead of as a module of tests."""
    if not is_experiment_file(module_path):
        return None
    hidden = module_path.parent.parts[-2:] == HIDDEN.parts
    kind = HiddenFile if hidden else PublicFile
    return kind.from_parent(parent, path=module_path)
