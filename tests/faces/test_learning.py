"""What a learner's commands show: lines that fit and line up in both languages."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from grader.core.width import cells
from grader.faces.learning.paragraph import Paragraph
from grader.faces.learning.table import bar, progress_line, progress_table
from grader.judge.material import open_material
from grader.judge.own_files import read_own_files
from grader.judge.standing import Standing
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
def test_a_paragraph_loses_nothing_and_fits(text, width):
    lines = shown(Paragraph(Text(text), 2), width=width).splitlines()
    assert all(cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_of_the_whole_course_fits_80_columns_and_lines_up(language):
    folder = ROOT / "exercises"
    standing = Standing(open_material(folder, language), language)
    assert standing.update(read_own_files(folder, (), standing.homes)) == []  # stubs, all of them
    states = standing.states()
    lines = shown(*progress_table(states, language)).splitlines()
    rows = [line for line in lines if " / " in line]
    assert all(cells(line) <= 80 for line in [*lines, *shown(progress_line(states, language)).splitlines()])
    assert len(rows) == len(standing.material.exercises) + len(states)
    assert len({cells(line.rstrip()) for line in rows}) == 1
    assert bar(states).plain == "░" * 8


def test_colours_survive_a_pipe_where_they_are_asked_for(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in shown(Text("progress", "bold"))
