"""Terminal output of the learner's commands: lines fit and line up in both languages."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from grader.learner.exercise_folder import open_exercise_folder
from grader.learner.files.learner_files import read_learner_files
from grader.learner.progress import LearnerProgress
from grader.learner.progress_table import bar, progress_line, progress_table
from grader.rendering.display_width import cells
from grader.rendering.paragraph import Paragraph
from tests.tools import ROOT


def shown(*parts, width=80, **more):
    console = Console(file=io.StringIO(), width=width, highlight=False, **more)
    for part in parts:
        console.print(part)
    return console.file.getvalue()


def test_chinese_is_wrapped_between_characters_and_no_line_begins_with_a_full_stop():
    text = "先检查形状完全相同。把差的平方算一次，再按 reduction 的取值选择：原样返回、求和或求平均。"
    lines = shown(Paragraph(Text(text), 2), width=24).splitlines()
    assert [cells(line) for line in lines[:-1]] >= [20] * (len(lines) - 1)
    assert all(line.startswith("  ") and line[2] not in "，。；：？！、" for line in lines)
    assert "".join(line[2:] for line in lines).replace(" ", "") == text.replace(" ", "")


@given(st.text(alphabet="ab 中文，。（x\n", max_size=80), st.integers(4, 30))
def test_a_paragraph_keeps_all_text_and_fits(text, width):
    lines = shown(Paragraph(Text(text), 2), width=width).splitlines()
    assert all(cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_of_the_whole_course_fits_80_columns_and_lines_up(language):
    folder = ROOT / "exercises"
    progress = LearnerProgress(open_exercise_folder(folder, language), language)
    assert progress.update_files(read_learner_files(folder, (), progress.module_of)) == []  # all functions are stubs
    states = progress.states()
    lines = shown(*progress_table(states, language)).splitlines()
    rows = [line for line in lines if " / " in line]
    assert all(cells(line) <= 80 for line in [*lines, *shown(progress_line(states, language)).splitlines()])
    assert len(rows) == len(progress.exercise_folder.exercises) + len(states)
    assert len({cells(line.rstrip()) for line in rows}) == 1
    assert bar(states).plain == "░" * 8


def test_force_color_keeps_colors_in_a_pipe(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in shown(Text("progress", "bold"))
