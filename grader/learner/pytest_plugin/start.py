"""What keeps a learner's run from starting, said in one line: the wrong folder, no torch, a torch that fails."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest

from grader.core.errors import GraderError
from grader.core.language import choose_language, translator
from grader.course.discovery import PUBLIC, is_experiment_file
from grader.learner.required_packages import missing_torch

HYPOTHESIS = "hypothesispytest"
MISSING: pytest.StashKey[str] = pytest.StashKey()


class Start:
    """Ends a run that cannot check anything before the first check."""

    def pytest_collection_modifyitems(self, config: pytest.Config) -> None:
        """Say once what every file of experiments found missing."""
        if MISSING in config.stash:
            raise pytest.UsageError(config.stash[MISSING])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Take hypothesis out where no test used it: it is imported at the end of every run to be asked for reports.

        Besides the time that takes, it warns of what it does not find among the objects that `load_torch` put aside.
        """
        plugins = session.config.pluginmanager
        if "hypothesis" not in sys.modules and plugins.has_plugin(HYPOTHESIS):
            plugins.unregister(name=HYPOTHESIS)


def lacks_torch(config: pytest.Config, language: str) -> bool:
    """Whether there is no torch to check with; if so, it is said when everything is collected."""
    if missing := missing_torch():
        config.stash[MISSING] = missing.say(language)
    return MISSING in config.stash


def load_torch(language: str) -> None:
    """Import torch, or end the run with the reason why it does not load.

    Its objects stay to the end: no collection of garbage looks at them, neither now nor later (a tenth of the time).
    """
    if "torch" in sys.modules:
        return
    paused = gc.isenabled()
    gc.disable()
    try:
        import torch  # noqa: F401  (whether it loads is the question)

        gc.freeze()
    except (ImportError, OSError) as error:
        tr = translator(language)
        text = tr("torch does not start here: {error}")
        pytest.exit(text.format(error=str(error).splitlines()[0]), returncode=pytest.ExitCode.USAGE_ERROR)
    finally:
        if paused:
            gc.enable()


def right_folder(config: pytest.Config, language: str) -> None:
    """Help a learner who named exercises/ from another folder. Raises pytest.UsageError."""
    for argument in config.args:
        asked = Path(argument.partition("::")[0])
        folder = next((path for path in (asked, *asked.parents) if path.name == PUBLIC.name), None)
        if folder is None or (config.invocation_params.dir / folder).exists():
            continue
        from grader.learner.exercise_material import find_exercises

        tr = translator(language)
        try:
            found = find_exercises(config.invocation_params.dir)
        except GraderError as error:
            raise pytest.UsageError(error.say(language)) from None
        near = os.path.relpath(found, config.invocation_params.dir)
        text = tr("{path}: there is no such folder here. The exercises are in {folder}: pytest {folder}")
        raise pytest.UsageError(text.format(path=folder, folder=near))


def checks_of_answers(argument: str, folder: Path) -> str:
    """The argument, but the file of the checks for a learner who names the file of her answers beside it."""
    asked, colons, inside = argument.partition("::")
    if not asked.endswith(".py") or not (folder / asked).is_file():
        return argument
    checks = Path(asked).with_name(f"test_{Path(asked).name}")
    beside = (folder / checks).is_file() and is_experiment_file(folder / checks)
    return f"{checks}{colons}{inside}" if beside else argument


def language(config: pytest.Config) -> str:
    """The language of this run."""
    return choose_language(config.getoption("--lang"))
