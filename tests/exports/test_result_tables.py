"""Exported tables are valid for their readers: JUnit's schema, spreadsheet programs, pyarrow."""

import csv
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow
import pytest
import xmlschema
from pyarrow import parquet

from grader.core.errors import UsageError
from grader.exports.target_lookup import load_target, target_names
from tests.exports.conftest import CLASS, FAULTY, HOSTILE_ID, student

STARTERS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


@pytest.fixture
def suites(results, export):
    path = export(results, "junit", "out.xml").files[0]
    SCHEMA.validate(path)
    return {suite["@name"]: suite for suite in SCHEMA.to_dict(path)["testsuite"]}


def kinds(suite):
    return [next((k for k in ("failure", "error", "skipped") if k in case), "passed") for case in suite["testcase"]]


def test_junit_is_valid_and_has_a_suite_for_every_student(suites):
    assert suites.keys() == CLASS.keys()


def test_junit_has_the_outcome_of_every_check(suites):
    assert kinds(suites["ada"]) == ["passed"] * 4
    assert kinds(suites["bob"]) == ["failure", "passed", "failure", "failure"]
    assert kinds(suites["王小明"]) == ["skipped"] * 4
    assert kinds(suites[FAULTY]) == ["passed", "passed", "error", "error"]
    for suite in suites.values():
        found = kinds(suite)
        counts = {"failures": "failure", "errors": "error", "skipped": "skipped"}
        assert {name: suite[f"@{name}"] for name in counts} == {n: found.count(k) for n, k in counts.items()}
        assert suite["@tests"] == len(found)


def test_junit_has_no_score_for_a_grader_fault(suites):
    scores = {
        name: next(p["@value"] for p in suite["properties"]["property"] if p["@name"] == "score")
        for name, suite in suites.items()
    }
    assert (scores["ada"], scores["bob"], scores[FAULTY]) == ("5.00", "2.00", "")


def test_junit_holds_no_character_that_xml_forbids(suites):
    (text,) = [case["failure"]["$"] for case in suites[HOSTILE_ID]["testcase"] if "failure" in case][:1]
    assert "<script>alert(1)</script>" in text and "]]>" in text
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.fixture
def tables(results, export):
    done = export(results, "csv")
    return {path.name: path.read_bytes() for path in done.files}


def rows(data):
    return list(csv.DictReader(data.decode("utf-8-sig").splitlines(keepends=True)))


def test_wide_has_a_row_for_each_student_and_no_total_for_a_grader_fault(tables):
    wide = rows(tables["wide.csv"])
    columns = ["student", "name", "email", "score", "max_score", "status", "mean_square", "descend"]
    assert list(wide[0]) == [*columns, "id_hash"]  # HOSTILE_ID begins like a formula
    cells = {row["student"]: (row["score"], row["mean_square"], row["descend"]) for row in wide}
    assert cells["ada"] == ("5.00", "3.00", "2.00")
    assert cells[FAULTY] == ("", "3.00", "")
    assert {row["student"] for row in wide if row["status"] != "graded"} == {"utf16", FAULTY}


def test_long_has_a_row_for_each_check(tables):
    long = rows(tables["long.csv"])
    assert len(long) == 4 * len(CLASS)
    (row,) = [r for r in long if (r["student"], r["check"]) == ("bob", "comes_close")]
    assert (row["passed"], row["points"], row["max_points"]) == ("false", "0.00", "1.00")
    assert row["mistakes"] == "descend__uphill"
    assert {r["points"] for r in long if r["student"] == FAULTY and r["function"] == "descend"} == {""}


def test_no_cell_is_a_formula(tables):
    for data in tables.values():
        text = data.decode("utf-8-sig")
        cells = [cell for row in csv.reader(text.splitlines(keepends=True)) for cell in row]
        assert not [cell for cell in cells if cell.startswith(STARTERS)]
        assert f"'{HOSTILE_ID}" in cells
        assert all(line.isprintable() for line in text.split("\r\n"))


def test_parquet_is_typed_and_joins_on_raw_ids(results, export):
    files = {path.stem: parquet.read_table(path) for path in export(results, "parquet").files}
    functions, checks = files["functions"], files["checks"]
    assert functions.schema.field("score").type == pyarrow.float64()
    assert functions.schema.field("mistakes").type == pyarrow.list_(pyarrow.string())
    assert checks.schema.field("passed").type == pyarrow.bool_()
    assert functions.num_rows == 2 * len(CLASS) and checks.num_rows == 4 * len(CLASS)
    assert set(functions["student"].to_pylist()) == set(CLASS)
    scores = {(r["student"], r["function"]): r["score"] for r in functions.to_pylist()}
    assert scores["ada", "descend"] == 2.0 and scores[FAULTY, "descend"] is None
    assert b'"seed":7' in functions.schema.metadata[b"autograded"]


def test_parquet_of_a_class_without_any_name_keeps_its_types(results, export):
    nobody = replace(results, students=(student(results, "王小明"),))
    table = parquet.read_table(export(nobody, "parquet").files[1])
    assert table.schema.field("message").type == pyarrow.string()


def test_parquet_without_pyarrow_says_how_to_get_it(results, export, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install 'autograded\[instructor\]'"):
        export(results, "parquet")


def test_targets_are_found_by_the_names_of_their_modules():
    assert set(target_names()) >= {
        "canvas",
        "csv",
        "github",
        "gradescope",
        "junit",
        "moodle",
        "parquet",
        "prairielearn",
    }
    assert all(callable(load_target(name).export) for name in target_names())
    with pytest.raises(UsageError, match=r"no such target\. Known: canvas, csv"):
        load_target("blackboard")
