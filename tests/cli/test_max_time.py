"""`--max-time` ends a run in time: the verdicts stay, no result file changes, and a later run grades the others."""

from tests.tools import COURSE, SOLUTION, WRONG_SUM, grader_in_process, unwrapped, write_files

GRADE = ("grade", "class", "--out", "out", "--course", COURSE, "--sandbox", "none", "--jobs", "1", "--seed", "5")


def files(folder):
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir() if path.suffix in (".csv", ".jsonl")}


def test_a_first_run_that_is_out_of_time_says_that_no_file_is_written(tmp_path):
    write_files(tmp_path / "class", {"s0/ex1_small.py": SOLUTION})
    words = unwrapped(grader_in_process(*GRADE, "--max-time", "0", cwd=tmp_path).stdout)
    assert "No result files are written yet." in words and "last finished run" not in words
    assert "or: grader regrade out" in words and files(tmp_path) == {}


def test_a_run_that_is_out_of_time_changes_no_file_and_says_how_to_go_on(tmp_path):
    write_files(tmp_path / "class", {"s0/ex1_small.py": SOLUTION})
    assert grader_in_process(*GRADE, "--max-time", "1000", cwd=tmp_path).returncode == 0
    before = files(tmp_path)
    write_files(tmp_path / "class", {"s1/ex1_small.py": WRONG_SUM})
    done = grader_in_process(*GRADE, "--max-time", "0", cwd=tmp_path)
    assert done.returncode == 1, done.stdout
    words = unwrapped(done.stdout)
    assert "Stopped after 0 minutes (--max-time). Submissions graded: 0, not graded yet: 2" in words
    assert "run the same command again, or: grader regrade out" in words
    assert "so far, run: grader regrade out --finish" in words
    assert before and files(tmp_path) == before
    assert "interrupted" in grader_in_process("show", "s0", "--results", "out", cwd=tmp_path).stdout
    done = grader_in_process("regrade", "out", "--sandbox", "none", "--max-time", "0", cwd=tmp_path)
    assert done.returncode == 1 and "not graded yet: 2" in done.stdout and files(tmp_path) == before
    done = grader_in_process("regrade", "out", "--sandbox", "none", cwd=tmp_path)
    assert done.returncode == 0 and "reused from the journal: 1" in done.stdout, done.stdout
    assert "s1" in (tmp_path / "out/grades.csv").read_text("utf-8")
