"""The call in a hidden cell of nbgrader: a fault of the grader is never scored zero."""

import math
import sys

from grader.learner.nbgrader_cell import COURSE, FAULTS, score


def test_a_failed_import_is_a_fault_of_the_grader_and_no_zero(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(COURSE, str(tmp_path))
    monkeypatch.setitem(sys.modules, "grader.learner.self_check", None)  # an import of it raises ImportError
    assert score("mean_square", {"mean_square": abs}, "en") == math.inf
    assert "grader fault" in capsys.readouterr().out
    assert "mean_square: ModuleNotFoundError" in (tmp_path / FAULTS).read_text("utf-8")
