"""An export names the overrides in overrides.csv that the results do not have, and how to apply them."""

import shutil

import pytest

from grader.exports.pending_overrides import pending_overrides
from grader.exports.results_loader import StudentView, load_class_results
from grader.grading.policy.policy import Policy
from tests.tools import COURSE, grader_in_process, write_files

TABLE = "student,function,score,comment,automatic\n{}"


@pytest.fixture
def pending(graded, tmp_path, library):
    """A function that puts a table of overrides into a folder of results without overrides, and returns the lines."""

    def pending(rows):
        folder = shutil.copytree(graded, tmp_path / "out", dirs_exist_ok=True)
        write_files(folder, {"overrides.csv": TABLE.format(rows)})
        return pending_overrides(folder, load_class_results(folder, StudentView(Policy(), library, "en")))

    return pending


def test_each_override_that_the_results_lack_is_named_with_the_command_to_apply_it(pending, tmp_path):
    lines = pending("bob,descend,1.5,,\nada,,4,,\n王小明,,,see me,\n")
    assert lines == [
        "overrides.csv: ada, total: 4.00 is not in the results yet",
        "overrides.csv: bob, descend: 1.50 is not in the results yet",
        "overrides.csv: 王小明, total: the comment is not in the results yet",
        f"To apply overrides.csv, run: grader regrade {tmp_path / 'out'}",
    ]


def test_a_row_that_cannot_be_applied_is_named_unless_it_is_of_another_exercise(pending):
    wrong, _ = pending("zoe,descend,1.5,,\nada,manual_sgd_step,1,,\n")
    assert wrong.startswith("overrides.csv:2: no student 'zoe' in this class")
    assert pending("ada,manual_sgd_step,1,,\n") == [] == pending("")


def test_a_long_list_is_cut_and_counted(pending):
    lines = pending("".join(f"nobody{n},,1,,\n" for n in range(11)))
    assert len(lines) == 10 and lines[-2] == "… and 3 more"


def test_the_export_names_pending_overrides_and_exits_with_1_until_they_are_applied(tmp_path):
    write_files(tmp_path, {"class/ada.py": (COURSE / "solutions/ex1_small.py").read_bytes()})
    options = ["--course", COURSE, "--sandbox", "none", "--jobs", "1"]
    assert grader_in_process("grade", "class", "--out", "out", *options, cwd=tmp_path).returncode == 0

    def export(*more):
        return grader_in_process("export", "out", "--to", "csv", "--into", "into", *more, cwd=tmp_path)

    assert export().returncode == 0
    assert grader_in_process("override", "ada", "--score", "4", "--results", "out", cwd=tmp_path).returncode == 0
    done = export()
    assert done.returncode == 1 and (tmp_path / "into/wide.csv").exists()
    assert "! overrides.csv: ada, total: 4.00 is not in the results yet" in done.stdout
    assert "! To apply overrides.csv, run: grader regrade out" in done.stdout
    assert "overrides.csv：ada，总分：4.00 尚未计入结果" in export("--lang", "zh").stdout
    assert grader_in_process("regrade", "out", "--sandbox", "none", cwd=tmp_path).returncode == 0
    assert export().returncode == 0
    (tmp_path / "out/overrides.csv").unlink()
    done = export()
    assert done.returncode == 1 and "the score was removed, but the results still have 4.00" in done.stdout
