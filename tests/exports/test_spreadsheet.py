"""An edited sheet has the same bytes, apart from the changed cells."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.errors import UsageError
from grader.exports.spreadsheet import Sheet


def sheet(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Sheet(path)


ODD = '\ufeffa,"b c","d ""e"""\r\n\r\n"x\r\ny",,\n1;2,3,"4"\r\n,"",'


def test_a_file_that_was_not_changed_has_the_same_bytes(tmp_path):
    assert sheet(tmp_path / "a.csv", ODD).to_bytes() == ODD.encode()


def test_one_cell_is_replaced_and_every_other_byte_stays(tmp_path):
    read = sheet(tmp_path / "a.csv", ODD)
    read.set_cell(0, 1, 'new, "quoted"')
    assert read.to_bytes().decode() == ODD.replace('"b c"', '"new, ""quoted"""')
    read.set_cell(4, 2, "plain")
    assert read.to_bytes().decode().endswith(',"",plain')
    read.set_cell(4, 1, "still quoted")
    assert read.to_bytes().decode().endswith(',"still quoted",plain')


def test_a_column_is_inserted_before_the_given_one(tmp_path):
    read = sheet(tmp_path / "a.csv", "a,b,c\n1,2,3\n")
    read.insert_column(2)
    read.set_cell(0, 2, "new")
    assert read.to_bytes() == b"a,b,new,c\n1,2,,3\n"


CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=5)


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_csv_of_python_is_read_as_python_reads_it_and_written_unchanged(tmp_path_factory, rows, end):
    text = io.StringIO()
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    path = tmp_path_factory.getbasetemp() / "any.csv"
    read = sheet(path, text.getvalue())
    assert read.to_bytes() == text.getvalue().encode()
    if read.delimiter == ",":
        assert read.rows == rows


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a,b\n1,2 \xff\n", "is not UTF-8 text"),
        (b'a,b\n"1,2\n', "line 2: a quotation mark"),
        (b'a,b\n1,"2"x\n', "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_reliably_is_refused(tmp_path, data, words):
    with pytest.raises(UsageError, match=words):
        sheet(tmp_path / "a.csv", data)


def test_a_missing_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        Sheet(tmp_path / "nothing.csv")


def test_a_cell_that_is_too_long_for_csv_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(UsageError, match="cannot be separated reliably"):
        sheet(tmp_path / "a.csv", f"a,b\n{'x' * 200_000},1\n")
