"""`grader show` explains a score, repeats the run of the checks, and starts the debugger after consent."""

import json
import re
import shutil
import sys
from contextlib import chdir
from importlib import import_module

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.cli.command_lookup import command_modules
from grader.cli.options import results_folder
from grader.core.errors import GraderError, UsageError
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata
from tests.tools import (
    SOLUTION,
    WRONG_SUM,
    copy_course,
    edit,
    environment,
    grader_in_process,
    import_or_skip,
    write_files,
)

CLASS = {"ada": SOLUTION, "bob": WRONG_SUM, "zoe": "def descend(x, rate, steps):\n    y = x\n    return y / steps.no\n"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A graded class, as `grader grade class --out out` leaves it."""
    folder = tmp_path_factory.mktemp("show")
    copy_course(folder / "course")
    for student, answer in CLASS.items():
        write_files(folder / "class" / student, {"ex1_small.py": answer})
    done = grader_in_process("grade", "class", "--out", "out", *OPTIONS, cwd=folder)
    assert done.returncode == 0, done.stdout
    return folder


AGAIN = ["--rerun", "--sandbox", "none"]
OPTIONS = ["--course", "course", "--sandbox", "none", "--seed", "5", "--time-limit", "4", "--jobs", "1"]


def pages(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "out").rglob("*.html"))}


def test_texts_come_in_the_language_that_is_asked_for(folder):
    done = grader_in_process("show", "bob", "mean_square", "--results", "out", "--lang", "zh", cwd=folder)
    assert done.returncode == 0 and "返回" in done.stdout and "returned" not in done.stdout, done.stdout
    assert "Some texts" not in done.stdout and "部分文字" not in done.stdout


def test_without_the_course_texts_stay_and_a_line_says_so(folder, tmp_path):
    shutil.copytree(folder / "out", tmp_path / "out")
    run = json.loads((tmp_path / "out/run.json").read_text("utf-8"))
    run["plan"]["course"] = str(tmp_path / "gone")
    (tmp_path / "out/run.json").write_text(json.dumps(run), "utf-8")
    done = grader_in_process("show", "bob", "mean_square", "--results", "out", "--lang", "zh", cwd=tmp_path)
    assert "returned" in done.stdout and "grader regrade out --lang zh" in done.stdout


def test_a_run_that_finds_everything_unchanged_writes_the_same_pages_code_and_all(folder):
    before = pages(folder)
    with_code = {name for name, page in before.items() if b'<pre class="numbers' in page}
    assert len(with_code - {"index.html"}) == len(CLASS)
    for path in (folder / "out").rglob("*.html"):
        path.unlink()
    done = grader_in_process("grade", "class", "--out", "out", *OPTIONS, cwd=folder)
    assert "unchanged submissions, reused from the journal: 3" in done.stdout
    assert pages(folder) == before


def show(folder, *arguments):
    """Return the exit code and the output; in this process, because torch is imported already."""
    for name in ("grade", "show"):
        import_module(command_modules()[name])
    with chdir(folder):
        done = CliRunner().invoke(app, ["show", *map(str, arguments)], env={"COLUMNS": "160", "AUTOGRADED_LANG": "en"})
    if isinstance(done.exception, GraderError):
        return done.exception.exit_code, str(done.exception)
    assert isinstance(done.exception, SystemExit | None), done.exception
    return done.exit_code, done.output


def test_a_function_is_shown_with_code_claims_both_values_and_hint(folder):
    code, said = show(folder, "bob", "mean")
    assert code == 0
    assert "bob: 2 of 3 points (seed 5, sandbox none)" in said
    assert re.search(r"\d+ +return \(x\*\*2\)\.sum\(\)", said), "their code, with line numbers"
    assert re.search(r"✗ .*\n +x = torch.tensor[^✗]+: returned .*, expected ", said) and "hint: " in said
    assert "descend" not in said


def test_show_without_a_function_names_all_functions_and_explains_the_failed_ones(folder):
    code, said = show(folder, "zoe")
    assert code == 0 and re.search(r"mean_square +missing", said) and re.search(r"descend +error", said)
    assert "AttributeError" in said and "line 3: return y / steps.no" in said


def test_a_rerun_in_another_folder_gives_the_same_results(folder, tmp_path):
    code, said = show(tmp_path, "zoe", "--rerun", "--sandbox", "none", "--results", folder / "out")
    assert code == 0 and "Same results" in said, said


def test_show_reports_submissions_that_were_changed_or_moved_since(folder):
    moved = folder / "moved"
    shutil.copytree(folder / "class", moved)
    edit(moved / "bob" / "ex1_small.py", ".sum()", ".mean()")
    code, said = show(folder, "bob", "mean_square", *AGAIN, "--submissions", "moved")
    assert code == 1 and "The submission has changed" in said and "gained points 1" in said
    (folder / "class").rename(folder / "elsewhere")
    try:
        code, said = show(folder, "bob", *AGAIN)
        assert code == 2 and f"Submissions not found: {folder / 'class'}" in said and "--submissions" in said
        assert show(folder, "bob")[0] == 0, "to look at it nobody needs the submissions"
    finally:
        (folder / "elsewhere").rename(folder / "class")


def test_student_code_runs_without_a_sandbox_only_after_consent(folder):
    code, said = show(folder, "bob", "mean_square", "--rerun", "--pdb")
    assert code == 2 and "with your permissions" in said and "--sandbox none" in said


def test_the_run_file_alone_does_not_disable_the_sandbox(folder, tmp_path):
    code, said = show(tmp_path, "bob", "--rerun", "--results", folder / "out")
    assert code == 2 and "out/run.json: graded without a safe sandbox" in said and "--rerun --sandbox none" in said
    shutil.copytree(folder / "out", tmp_path / "out")
    facts = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    (tmp_path / "out" / "run.json").write_text(json.dumps(facts | {"sandbox": "weaker"}), "utf-8")
    code, said = show(tmp_path, "bob", *AGAIN)
    assert code == 2 and "does not hold the plan of the run" in said


def test_the_debugger_stops_in_the_function_with_the_inputs_of_the_check(folder):
    pexpect = import_or_skip("pexpect")
    line = ["-c", "from grader.cli.main import main; main()", "show", "bob", "mean_square", "--rerun", "--pdb"]
    variables = environment(PYTHON_COLORS="0", TERM="dumb")
    with pexpect.spawn(
        sys.executable, [*line, "--sandbox", "none"], cwd=str(folder), env=variables, encoding="utf-8", timeout=60
    ) as child:
        child.expect_exact("(Pdb) ")
        assert "ex1_small.py(19)mean_square()" in child.before
        child.sendline("p 'numel', x.numel()")
        child.expect(r"\('numel', [1-9]\d*\)")
        child.expect_exact("(Pdb) ")
        child.sendline("q")
        child.expect(pexpect.EOF)
    assert child.exitstatus == 0


def test_results_without_a_plan_are_shown_but_not_run_again(folder, tmp_path):
    shutil.copytree(folder / "out", tmp_path / "out")
    facts = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    for plan in (None, "grader grade", {}, facts["plan"] | {"schema": "new"}, facts["plan"] | {"later": 1}):
        (tmp_path / "out" / "run.json").write_text(json.dumps(facts | {"plan": plan}), "utf-8")
        code, said = show(tmp_path, "bob", "--rerun")
        assert code == 2 and "run.json does not hold the plan of the run" in said
    assert show(tmp_path, "bob")[0] == 0


def test_results_of_release_0_1_are_shown_but_must_be_graded_before_a_rerun(folder, tmp_path):
    shutil.copytree(folder / "out", tmp_path / "out")
    facts = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    del facts["plan"], facts["schema"]
    (tmp_path / "out" / "run.json").write_text(json.dumps(facts), "utf-8")
    code, said = show(tmp_path, "bob", *AGAIN)
    assert code == 2 and "written by release 0.1" in said and "Grade once more with the same command" in said
    assert show(tmp_path, "bob")[0] == 0


def test_a_student_is_found_by_id_name_or_beginning_and_otherwise_the_nearest_are_named():
    people = {
        "u17": SubmissionMetadata(name="José Núñez"),
        "u18": SubmissionMetadata(name="Joan Baez"),
        "u1": SubmissionMetadata(name="Zoë"),
    }
    index = StudentIndex({"u1": people["u1"], **people, "anna": SubmissionMetadata()})
    find = lambda asked: index.require(asked, by_beginning=True)  # noqa: E731  (read as a sentence below)
    assert [find("u1"), find("jose nunez"), find("NÚÑ"), find("zo"), find("ann")] == ["u1", "u17", "u17", "u1", "anna"]
    for asked, named in {
        "jo": r"u17 \(José Núñez\), u18 \(Joan Baez\)",
        "ana": r"Did you mean anna\?$",
        "zora": "No such student in these results: zora$",  # the output of student u1 contains half of this text
        "": "No such student in these results: $",
    }.items():
        with pytest.raises(UsageError, match=named):
            find(asked)


def test_results_are_found_in_the_current_folder_or_in_its_only_results_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="No results in the current folder"):
        results_folder(None)
    for name in ("a", "b"):
        write_files(tmp_path, {f"{name}/results.jsonl": ""})
        if name == "a":
            assert results_folder(None) == tmp_path / "a"
    with pytest.raises(UsageError, match="Several results folders here"):
        results_folder(None)
    with pytest.raises(UsageError, match=r"No results\.jsonl"):
        results_folder(tmp_path)
    monkeypatch.chdir(tmp_path / "b")
    assert results_folder(None) == tmp_path / "b"


def test_the_final_total_and_the_override_that_made_it_are_shown_above_the_checks(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "graded")
    options = ("--score", "1", "--comment", "right idea", "--results", "out", "--apply")
    done = grader_in_process("override", "bob", "descend", *options, cwd=tmp_path / "graded")
    assert done.returncode == 0, done.stdout
    _, said = show(tmp_path / "graded", "bob")
    assert "final total after late penalty and overrides: 3.00 of 5.00" in said
    assert "override: descend 1.00" in said and "descend: right idea" in said
    assert "final total" not in show(tmp_path / "graded", "ada")[1]
