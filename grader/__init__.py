"""The grader of the `autograded` exercises.

Files of experiments import from here what they declare and the nets that they use; notebooks import `check`
and `draw_graph`; programs that grade a class import `GradingRun`, `Plan` and `read_submissions`
(docs/guides/instructor.md has an example). Every other path in the package may change with a release. The names are
loaded on first use, so that `import grader` costs no import of torch.
"""

import sys
from typing import TYPE_CHECKING

# This file is the first that anything imports: it must stay readable for Python 3.6.
if sys.version_info < (3, 11):  # noqa: UP036  (an older Python is just what is looked for)
    this = f"{sys.version.split()[0]} ({sys.executable})"
    raise SystemExit(f"autograded needs Python 3.11 or newer (需要 Python 3.11 或更新版本); this is {this}")

if TYPE_CHECKING:
    from grader.execution.guest.student_code.running_flag import SkippedCheck
    from grader.experiments.declaration import exercise, experiment
    from grader.experiments.given import Given
    from grader.experiments.nets import LeNet, conv, linear
    from grader.grading.results.plan import Plan
    from grader.grading.runs.grading_run import GradingRun
    from grader.grading.runs.plan_submissions import read_submissions
    from grader.learner.card.show import Card
    from grader.learner.graph_picture import draw_graph

__all__ = [
    "Given",
    "GradingRun",
    "LeNet",
    "Plan",
    "check",
    "conv",
    "draw_graph",
    "exercise",
    "experiment",
    "linear",
    "read_submissions",
]
__version__ = "0.2.0"

_HOMES = {
    "Given": "grader.experiments.given",
    "GradingRun": "grader.grading.runs.grading_run",
    "LeNet": "grader.experiments.nets",
    "Plan": "grader.grading.results.plan",
    "conv": "grader.experiments.nets",
    "draw_graph": "grader.learner.graph_picture",
    "exercise": "grader.experiments.declaration",
    "experiment": "grader.experiments.declaration",
    "linear": "grader.experiments.nets",
    "read_submissions": "grader.grading.runs.plan_submissions",
}


def check(*functions: object, lang: str | None = None, time_limit: float = 5.0) -> "Card | SkippedCheck":
    """Check your functions against the public checks, here and now: `check(my_function)`.

    A notebook shows a card, anywhere else its text is printed. `lang` is the code of a language, such as "zh";
    `time_limit` are the seconds for one check.
    """
    from grader.execution.guest.student_code.running_flag import SkippedCheck, is_student_code_running

    if is_student_code_running():  # in a sandbox there is no grading code to import
        return SkippedCheck()
    from grader.learner.card.show import show_card

    return show_card(functions, lang, time_limit)


def __getattr__(name: str) -> object:
    """Load a public name from the module that defines it (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
