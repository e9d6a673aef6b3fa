"""Preconditions of a pytest run, each reported in one line: the folder exists, torch is installed, torch loads."""

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
TORCH_ERROR: pytest.StashKey[str] = pytest.StashKey()


class Preconditions:
    """Plugin that ends a run before the first check if torch is not installed, and quiets the plugin of hypothesis."""

    def pytest_collection_modifyitems(self, config: pytest.Config) -> None:
        """Raise a single UsageError, instead of an error for each file of experiments, if torch is not installed."""
        if TORCH_ERROR in config.stash:
            raise pytest.UsageError(config.stash[TORCH_ERROR])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Unregister hypothesis's plugin if no test used it.

        At the end of a run, that plugin would import hypothesis, which is slow. The plugin would also print a warning,
        because `load_torch` froze all objects.
        """
        plugins = session.config.pluginmanager
        if "hypothesis" not in sys.modules and plugins.has_plugin(HYPOTHESIS):
            plugins.unregister(name=HYPOTHESIS)


def lacks_torch(config: pytest.Config, language: str) -> bool:
    """Return True if torch is not installed; `Preconditions` reports the error after the collection."""
    if missing := missing_torch():
        config.stash[TORCH_ERROR] = missing.say(language)
    return TORCH_ERROR in config.stash


def load_torch(language: str) -> None:
    """Import torch, or end the run with the reason why it does not load.

    All objects are then frozen, so that garbage collections skip them. Freezing the objects saves a tenth of the time
    of a run.
    """
    if "torch" in sys.modules:
        return
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        import torch  # noqa: F401  (imported to see whether it loads)

        gc.freeze()
    except (ImportError, OSError) as error:
        tr = translator(language)
        text = tr("torch does not start here: {error}")
        pytest.exit(text.format(error=str(error).splitlines()[0]), returncode=pytest.ExitCode.USAGE_ERROR)
    finally:
        if was_enabled:
            gc.enable()


def require_existing_folder(config: pytest.Config, language: str) -> None:
    """Raise pytest.UsageError, with the right path, if an argument names a folder exercises/ that does not exist."""
    for argument in config.args:
        path = Path(argument.partition("::")[0])
        folder = next((parent for parent in (path, *path.parents) if parent.name == PUBLIC.name), None)
        if folder is None or (config.invocation_params.dir / folder).exists():
            continue
        from grader.learner.exercise_folder import find_exercise_folder

        tr = translator(language)
        try:
            found = find_exercise_folder(config.invocation_params.dir)
        except GraderError as error:
            raise pytest.UsageError(error.say(language)) from None
        relative = os.path.relpath(found, config.invocation_params.dir)
        text = tr("{path}: there is no such folder here. The exercises are in {folder}: pytest {folder}")
        raise pytest.UsageError(text.format(path=folder, folder=relative))


def experiment_argument(argument: str, folder: Path) -> str:
    """Return the argument; for a learner's file, such as ex1.py, return the file of its experiments, test_ex1.py."""
    path, colons, inside = argument.partition("::")
    if not path.endswith(".py") or not (folder / path).is_file():
        return argument
    experiments = Path(path).with_name(f"test_{Path(path).name}")
    exists = (folder / experiments).is_file() and is_experiment_file(folder / experiments)
    return f"{experiments}{colons}{inside}" if exists else argument


def language(config: pytest.Config) -> str:
    """Return the code of this run's language."""
    return choose_language(config.getoption("--lang"))
