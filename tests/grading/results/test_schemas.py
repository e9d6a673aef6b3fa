"""docs/schemas has the schemas of the types that write the files, and the files of a run conform to the schemas."""

import jsonschema
import msgspec
import pytest

from grader.grading.results.schemas import SCHEMAS, schema_files
from tests.tools import ROOT, SOLUTION, WRONG_SUM, copy_course, grader_command, grader_in_process, write_files

FOLDER = ROOT / "docs" / "schemas"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The results folder of a class with a policy, an override and a missing student."""
    folder = tmp_path_factory.mktemp("schemas")
    course = copy_course(folder / "course")
    write_files(course, {"grader.toml": "[deadlines]\ncourse = 2020-01-01T00:00:00Z\n"})
    write_files(folder / "class", {"ada/ex1_small.py": SOLUTION, "bob/ex1_small.py": WRONG_SUM})
    write_files(folder, {"roster.csv": "student,name,email\nada,Ada,\nzoe,Zoe,zoe@example.org\n"})
    write_files(folder / "out", {"overrides.csv": "student,function,score\nbob,descend,1\n"})
    options = ("--course", course, "--sandbox", "none", "--jobs", "1", "--roster", "roster.csv")
    done = grader_command("grade", "class", "--out", "out", *options, cwd=folder)
    assert done.returncode == 0, done.stdout
    assert grader_in_process("publish", "out", cwd=folder).returncode == 0
    return folder / "out"


def lines(out, name):
    path = out / name.replace(".schema.json", ".json" if name.startswith(("run", "published")) else ".jsonl")
    return [path.read_bytes()] if path.suffix == ".json" else path.read_bytes().splitlines()


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_in_the_documents_is_up_to_date(name):
    assert (FOLDER / name).read_bytes() == schema_files()[name], (
        "run: python -m grader.grading.results.schemas docs/schemas"
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_a_run_writes_conforms_to_its_schema(out, name):
    schema = msgspec.json.decode((FOLDER / name).read_bytes())
    validator = jsonschema.Draft202012Validator(schema)
    found = lines(out, name)
    assert found
    for line in found:
        validator.validate(msgspec.json.decode(line))
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({})


def test_run_json_is_read_strictly_by_its_own_type(out):
    kind, _ = SCHEMAS["run.schema.json"]
    run = msgspec.json.decode((out / "run.json").read_bytes(), type=kind)
    assert run.schema == 1 and run.plan.submissions == "class" and run.plan.roster == "roster.csv"
    assert run.people["zoe"].attempt == 0 and run.handed_in.nothing == ["zoe"]
    assert [(row.student, row.score) for row in run.overrides] == [("bob", 1.0)]
