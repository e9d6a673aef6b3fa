"""run.json is read leniently: parts that a person has edited into a wrong type are dropped, other parts are used."""

import pytest

from grader.grading.results.run_file import read_run, write_run


def test_run_json_is_read_back_and_a_damaged_one_is_none(tmp_path):
    write_run(tmp_path, {"seed": 7})
    assert read_run(tmp_path) == {"seed": 7}
    for damaged in ("", "[1]", "{"):
        (tmp_path / "run.json").write_text(damaged)
        assert read_run(tmp_path) == {}
    assert read_run(tmp_path / "nowhere") == {}


def test_parts_of_run_json_with_the_wrong_type_are_ignored(tmp_path):
    facts = {"seed": "7", "versions": None, "handed_in": {"layout": 1}, "people": [], "overrides": [[]], "sandbox": {}}
    for part, value in facts.items():
        write_run(tmp_path, {part: value, "students": 3})
        assert read_run(tmp_path) == {"students": 3}, part


def test_requested_parts_of_run_json_are_read_without_the_others(tmp_path):
    write_run(tmp_path, {"seed": 7, "sandbox": "full", "people": {"ada": {}}})
    assert read_run(tmp_path, "seed", "people") == {"seed": 7, "people": {"ada": {}}}


UNREADABLE = (b'{"seed": 7, "versions": {"\xff": "1"}}', b'{"seed": 7, "\xff": 1}', b'{"versions": ' + b"[" * 100_000)


@pytest.mark.parametrize("data", UNREADABLE, ids=["no UTF-8", "a key", "deep"])
def test_run_json_with_bytes_that_no_json_has_is_none(tmp_path, data):
    (tmp_path / "run.json").write_bytes(data)
    assert read_run(tmp_path) == {}
