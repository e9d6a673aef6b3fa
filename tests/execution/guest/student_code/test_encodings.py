"""Files in other encodings than UTF-8 run in the child, and the parent learns nothing but a name of a closed list."""

import json
import linecache

import msgspec
import pytest

from grader.core.outcomes import Raised, SourceLine, Unreadable
from grader.core.source_encoding import ENCODINGS
from grader.execution.guest.frames import (
    BadFrameError,
    FunctionsLocated,
    pack,
    unpack,
)
from grader.execution.guest.job import Job
from grader.execution.guest.student_code.source_file import SourceFile
from grader.execution.guest.student_code.submitted_modules import SubmittedModules
from grader.execution.host.child_monitor import ChildMonitor
from grader.execution.host.dask_serialization import pack_result, unpack_result
from grader.execution.host.job_run import JobResult

ANSWER = "# 平均值\ndef first():\n    return 2.0 if '损失'[0] == '\\u635f' else 0.0\n"
TRADITIONAL = ANSWER.replace("损失", "損失").replace("635f", "640d")
CELLS = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "source": ANSWER}]}
NOTEBOOK = json.dumps(CELLS, ensure_ascii=False)
SAVED = {
    "GBK": (ANSWER.encode("gbk"), "gb18030"),
    "GBK, lying": (f"# coding: utf-8\n{ANSWER}".encode("gbk"), "gb18030"),
    "UTF-16": (ANSWER.encode("utf-16"), "utf_16_le"),
    "UTF-16 without its mark": (ANSWER.encode("utf-16-be"), "utf_16_be"),
    "UTF-32": (ANSWER.encode("utf-32"), "utf_32_le"),
    "Big5, declared": (f"# coding: big5\n{TRADITIONAL}".encode("big5"), "big5"),
    "UTF-8": (ANSWER.encode(), None),
    "CR": (ANSWER.replace("\n", "\r").encode("gbk"), "gb18030"),
}
NOTEBOOKS = {
    "GBK": (NOTEBOOK.encode("gbk"), "gb18030"),
    "UTF-16": (NOTEBOOK.encode("utf-16"), "utf_16_le"),
    "UTF-16 without its mark": (NOTEBOOK.encode("utf-16-le"), "utf_16_le"),
    "mark": (NOTEBOOK.encode("utf-8-sig"), None),
}


@pytest.mark.parametrize("kind", ["GBK", "UTF-16", "UTF-16 without its mark", "UTF-8", "CR"])
def test_a_child_runs_a_file_in_any_encoding_and_names_it(run, kind):
    data, encoding = SAVED[kind]
    result = run({"answer.py": data}, "first::value_of_first")
    assert result.outcomes["first::value_of_first", 0].values["value"] == 2.0
    assert result.encodings == ({"answer.py": encoding} if encoding else {})


@pytest.mark.parametrize("kind", NOTEBOOKS)
def test_a_notebook_is_read_in_the_encodings_of_a_file(kind):
    data, encoding = NOTEBOOKS[kind]
    modules = SubmittedModules([SourceFile("answer.ipynb", data)])
    assert modules.locate({"first": "answer"})["first"].file == "answer.ipynb" and not modules.broken
    assert modules.load("answer.ipynb") is None
    assert modules.modules["answer.ipynb"].first() == 2.0
    assert modules.encodings == ({"answer.ipynb": encoding} if encoding else {})


@pytest.mark.parametrize("kind", SAVED)
def test_every_encoding_gives_the_same_function(kind):
    data, encoding = SAVED[kind]
    modules = SubmittedModules([SourceFile("answer.py", data)])
    assert modules.load("answer.py") is None
    assert modules.modules["answer.py"].first() == 2.0
    assert modules.encodings.get("answer.py") == encoding


def test_a_file_that_compiles_in_no_encoding_is_reported_by_its_line_in_the_first():
    modules = SubmittedModules([SourceFile("answer.py", f"{ANSWER}损失 = (\n".encode("gbk"))])
    problem = modules.broken["answer.py"]
    assert isinstance(problem, Raised) and problem.place == SourceLine(4, "损失 = (", 6)


def test_a_line_of_an_error_is_the_line_that_python_counts():
    source = "x = '均\x0c\x85\u2028'\rdef first():\r    return 1 / 0\r"
    modules = SubmittedModules([SourceFile("answer.py", source.encode())])
    modules.load("answer.py")
    assert linecache.getline("answer.py", 3) == "    return 1 / 0\n"


@pytest.mark.parametrize("kind", ["GBK", "GBK, lying", "UTF-16", "UTF-16 without its mark", "UTF-32"])
def test_strict_files_must_be_readable_for_python(kind):
    modules = SubmittedModules([SourceFile("answer.py", SAVED[kind][0], strict=True)])
    assert isinstance(modules.broken["answer.py"], Unreadable) and modules.encodings == {}


def test_a_frame_may_name_only_encodings_of_the_list():
    located = FunctionsLocated({}, {"a.py": "gb18030"})
    assert unpack(pack(located)[4:]) == located
    for name in ("unicode_escape", "UTF-8", "", 1, None, ["gbk"], {}):
        with pytest.raises(BadFrameError):
            unpack(msgspec.json.encode(["placed", {}, {"a.py": name}]))
    assert (
        unpack(msgspec.json.encode(["placed", {}, dict.fromkeys(ENCODINGS, "gbk")])).encodings.keys()
        == ENCODINGS.keys()
    )


def test_a_child_may_name_only_files_of_its_job():
    for file, is_refused in {"a.py": False, "b.py": True}.items():
        monitor = ChildMonitor([Job((("a.py", b""),), {}, ())], 1.0)
        monitor.add_results(pack(FunctionsLocated({}, {file: "gbk"})))
        assert bool(monitor.reports[0].ending) is is_refused


def test_a_dask_worker_returns_encodings_of_the_list_only():
    assert unpack_result(pack_result(JobResult(encodings={"a.py": "gbk"}))).encodings == {"a.py": "gbk"}
    with pytest.raises(ValueError, match="encoding"):
        unpack_result(pack_result(JobResult(encodings={"a.py": "rot13"})))
