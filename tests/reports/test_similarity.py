"""Copies are found despite other names and comments; code of the course and common code does not count."""

import json
import signal

import numpy as np
import pytest

from grader.reports.pages.similar_page import write_similar
from grader.reports.similarity import SimilarityComparison, _touched_lines, compare_class
from grader.submissions.submission import Submission
from tests.tools import SOLUTION, STUB, WRONG_SUM, write_files

OWN = """import torch


def descend(x, rate, steps):
    # my own way
    position = torch.clone(x.detach())
    history = {"start": position, "values": []}
    for number in range(int(steps)):
        slope = torch.stack([2.0 * entry for entry in position.reshape(-1).unbind()]).reshape(position.shape)
        position = torch.sub(position, slope, alpha=rate)
        history["values"].append(float(position.pow(2).sum()))
        if len(history["values"]) > 2 and history["values"][-1] > history["values"][-2] * 1000.0:
            raise RuntimeError("it runs away")
    return position
"""
COPY = (
    OWN.replace("position", "p")
    .replace("history", "log")
    .replace("slope", "g")
    .replace("# my own way", "# alone, </script><b>really</b>")
)
OTHER = """def descend(x, rate, steps):
    factor = (1 - 2 * rate) ** steps
    result = x.detach().clone()
    result *= factor
    while result.isnan().any() and not x.isnan().any():
        result = torch.where(result.isnan(), torch.zeros_like(result), result)
        factor = max(min(factor, 1e308), -1e308)
        print("again", factor, result.tolist())
    return result.reshape(x.shape)
"""


def notebook(source):
    cells = [{"cell_type": "code", "source": part} for part in source.split("\n\n\n")]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


@pytest.fixture
def compare(tmp_path, library):
    def compare(files, least=0.8):
        submissions = []
        for student, content in files.items():
            content = content if isinstance(content, dict) else {"ex1_small.py": content}
            write_files(tmp_path / student, content)
            submissions.append(Submission(student, tmp_path / student, tuple(content)))
        *_, found = compare_class(submissions, library, least)
        return found

    return compare


def groups(comparison):
    return [cluster.students for cluster in comparison.clusters]


def test_a_copy_is_found_with_other_names_and_comments_and_in_a_notebook(compare):
    found = compare({"ada": OWN, "bob": COPY, "cy": {"hw.ipynb": notebook(OWN)}, "dan": OTHER, "eve": SOLUTION})
    assert groups(found) == [("ada", "bob", "cy")]
    assert all(pair.share > 0.95 for pair in found.clusters[0].pairs) and len(found.clusters[0].pairs) == 3


def test_stubs_solutions_and_small_changes_of_them_do_not_count(compare):
    stub = STUB.read_text("utf-8")
    found = compare(
        {"a": SOLUTION, "b": SOLUTION, "c": stub, "d": stub, "e": WRONG_SUM, "f": WRONG_SUM, "g": "", "h": "x"}
    )
    assert groups(found) == []


def test_code_that_much_of_the_class_has_written_does_not_count(compare):
    assert groups(compare({f"s{n}": OWN for n in range(4)})) == [("s0", "s1", "s2", "s3")]
    assert groups(compare({f"s{n}": OWN for n in range(5)})) == []


def test_one_copied_file_is_found_among_files_that_are_not_copied(compare):
    mine = {"ex1_small.py": OWN, "more.py": OTHER}
    assert groups(compare({"ada": mine, "bob": COPY, "cy": SOLUTION})) == [("ada", "bob")]


def test_half_a_copy_is_found_if_the_requested_share_is_low_enough(compare):
    half = OWN[: OWN.index("        history")] + OTHER[OTHER.index("    while") :]
    assert groups(compare({"ada": OWN, "bob": half})) == []
    assert groups(compare({"ada": OWN, "bob": half}, least=0.3)) == [("ada", "bob")]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\0" * 1000, b"(" * 200_000, b"'" * 999 + b"\n" + b"\\" * 999])
def test_any_submitted_file_is_compared_as_text_only(compare, content):
    assert groups(compare({"ada": {"a.py": content, "b.ipynb": content}, "bob": OWN})) == []


@pytest.mark.parametrize(
    ("shared", "lines"),
    [("b = 1\nc = 2", {4, 5}), ("\n\n\nb = 1\n", {4}), ("a = 0\n\n\nb", {1, 2, 3, 4}), ("  \n  \nd", {7})],
)
def test_blank_lines_around_shared_code_do_not_move_its_lines(shared, lines):
    text = "a = 0\n\n\nb = 1\nc = 2  \n  \nd = 3\n"
    start = text.index(shared)
    assert _touched_lines(text, np.array([[start], [start + len(shared)]])) == lines


@pytest.fixture
def processor_seconds():
    """Fail a test that uses a minute of processor time."""

    def give_up(*_):
        pytest.fail("a minute of processor time for one file")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, 60)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="counts processor time")
@pytest.mark.usefixtures("processor_seconds")
@pytest.mark.parametrize("line", [" \n", "\t\n", "\u3000\n", "\x0c\n", " \r\n", " \r"])
def test_a_file_of_blank_lines_takes_no_more_time_than_another(compare, line):
    assert not compare({"ada": OWN + 40_000 * line + "x = 1\n", "bob": OTHER}).clusters


def test_the_page_shows_shared_code_side_by_side_escapes_it_and_accuses_nobody(tmp_path, compare):
    padded = OWN + "\n" * 2 + "\n".join(f"unrelated_{n} = {n} * 'x'" for n in range(3))
    found = compare({"ada": "# first\n" + padded, "<i>bob</i>": COPY})
    write_similar(tmp_path / "similar.html", found, {}, "en")
    page = (tmp_path / "similar.html").read_text("utf-8")
    assert "This list proves nothing." in page and "script-src &#39;none&#39;" in page
    assert "<i>bob" not in page and "<b>really" not in page and "&lt;i&gt;bob" in page
    other, one = page.split('<div class="sides">')[1].split('<div class="source"')[1:]
    assert "my own way" in one and "really" in other
    assert '<pre class="on same">' in one and '<pre class="on same">' in other
    assert "unrelated_1" not in one.split('<pre class="on same">')[1].split("</pre>")[0]


def test_a_class_without_students_has_a_page(tmp_path):
    write_similar(tmp_path / "similar.html", SimilarityComparison(0, []), {}, "zh")
    assert '<html lang="zh-CN">' in (tmp_path / "similar.html").read_text("utf-8")
