"""The hash covers all code that decides a verdict, and no code that only shows it."""

import json
import shutil
from pathlib import Path

import pytest

from grader.core.hashing import code_hash
from grader.core.package_paths import PACKAGE
from grader.execution.host.sandbox_levels import IN_SANDBOX
from grader.grading.results.verdict_cache.deciding_code import DECIDES_NOTHING, READS_DOWNLOADS, SETS_SCORES
from tests.tools import COURSE, GENERATED, SOLUTION, WRONG_SUM, command, write_files

DOES_NOT_DECIDE = (*SETS_SCORES, *READS_DOWNLOADS)
"""Modules that a grading run imports, but uses only before or after it decides verdicts."""

MARK = "modules of the child: "
OURS = "sorted(name for name in sys.modules if name.partition('.')[0] == 'grader')"
TELL = f"import json, sys\nprint({MARK!r} + json.dumps({OURS}))\n"
DECIDE = f"""
import json, sys
from pathlib import Path
from grader import GradingRun, Plan, read_submissions
from grader.execution.host.pool import make_sandboxed_pool
from grader.grading.runs.submission_grader import SubmissionGrader

folder, level = Path(sys.argv[2]), sys.argv[3]
plan = Plan(submissions=str(folder / "class"), course=sys.argv[1], sandbox=level, seed=7)
with GradingRun.open(folder / "results", plan) as run:
    submissions = read_submissions(plan, run.library)
    for progress in run.grade(submissions):
        pass
    scores = {{result.student: [record.score for record in result.records] for result in run.results()}}
    with make_sandboxed_pool(run.library.experiment_files, 1, level, 1536, 5.0) as pool:
        output = SubmissionGrader(run.library, pool, 7, run.functions).grade(submissions[0]).output
(child,) = (line.removeprefix({MARK!r}) for line in output.splitlines() if line.startswith({MARK!r}))
print(json.dumps({{"parent": {OURS}, "child": json.loads(child), "scores": scores}}))
"""


def path_of(module):
    """Return the path of a module below the package."""
    parts = module.split(".")[1:]
    folder = PACKAGE.joinpath(*parts)
    return (folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")).relative_to(PACKAGE).as_posix()


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """The modules that were imported by two processes, which graded a right and a wrong submission."""
    folder = tmp_path_factory.mktemp("decided")
    answers = {"ada": TELL + SOLUTION, "bob": WRONG_SUM}
    write_files(folder, {f"class/{student}/ex1_small.py": answer for student, answer in answers.items()})
    done = command("-c", DECIDE, COURSE, folder, "none", cwd=folder)
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["scores"] == {"ada": [3.0, 2.0], "bob": [2.0, 2.0]}
    return found


@pytest.fixture
def package(tmp_path):
    """A copy of the package that the test may change."""
    return Path(shutil.copytree(PACKAGE, tmp_path / "grader", ignore=GENERATED))


def changes_the_key(package, path):
    """True if a comment at the end of a file changes the hash."""
    file = package / path
    before, content = code_hash(package, DECIDES_NOTHING), file.read_bytes()
    file.write_bytes(content + b"\n# a remark\n")
    changed = code_hash(package, DECIDES_NOTHING) != before
    file.write_bytes(content)
    return changed


@pytest.mark.parametrize("process", ["parent", "child"])
def test_editing_any_module_that_grading_loads_changes_the_key(decided, package, process):
    paths = map(path_of, decided[process])
    modules = [path for path in paths if not path.startswith(DOES_NOT_DECIDE)]
    assert len(modules) > 20
    assert not [name for name in modules if not changes_the_key(package, name)]


def test_the_process_of_a_submission_loads_only_what_the_sandbox_binds(decided):
    bound = ("__init__.py", "execution/__init__.py", *(f"{part}/" for part in IN_SANDBOX))
    assert not [name for name in decided["child"] if not path_of(name).startswith(bound)]


@pytest.mark.parametrize("excluded", DECIDES_NOTHING)
def test_listed_modules_exist_and_editing_one_does_not_change_the_key(package, excluded):
    assert (PACKAGE / excluded).exists(), "it has moved: name its new place"
    files = [path for path in [package / excluded, *(package / excluded).rglob("*")] if path.is_file()]
    assert files
    assert not [path for path in files if changes_the_key(package, path.relative_to(package))]


def test_a_module_in_a_new_folder_changes_the_key_without_being_listed(package):
    before = code_hash(package, DECIDES_NOTHING)
    write_files(package, {"another/room/decides.py": ""})
    assert code_hash(package, DECIDES_NOTHING) != before
