"""Layout of a failed check: columns, widths, and a command that can be copied."""

import pytest

from grader.grading.verdicts.explanation import ExplainedLine
from grader.grading.verdicts.failure_report import FailureReport
from grader.rendering.display_width import cells, cut
from grader.rendering.failure_layout import WIDTH, layout_failure

COMMAND = "grader try manual_sgd_step::gradients_are_left_alone"


def laid_out(label, command, language="en"):
    """Return the lines of a report with one value."""
    report = FailureReport((), "", (ExplainedLine(label, "6 of 6 entries differ"),), ())
    return [line.text for line in layout_failure(report, "The loss is a number.", ["Why?"], command, language)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_next_to_a_wide_label_the_command_still_fits_its_line(language):
    lines = laid_out("weight after two steps", COMMAND, language)
    assert all(cells(line) <= WIDTH for line in lines)
    assert lines[-1].endswith(f"  {COMMAND}")


def test_hint_and_command_line_up_with_the_values_where_they_fit():
    value, hint, command = laid_out("they are", "grader try f::g")[-3:]
    assert value.index("6 of") == hint.index("Why?") == command.index("grader")


def test_a_cut_text_says_so_and_a_chinese_one_fits_too():
    assert cut("训练循环", 8) == "训练循环"
    assert cut("训练循环", 7) == "训练循…"
    assert cut("training", 7) == "traini…"
    assert cut("training", 1) == "…"
