"""Run every command of the documents unchanged, and compare its output with the output that the documents show.

The commands of a document run in order in a scratch folder: the real course, cut down to its first exercise; a
learner's file with one known mistake in it; the downloads of a small class, under the names that the documents use. A
code block with a file name behind its language (```python solutions/ex10_square.py) is written to that file first.
"""

import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest

from grader.cli.command_lookup import command_modules
from grader.exports import target_lookup
from grader.packaging import autograder_lookup
from tests import archives, downloads
from tests.document_blocks import BLOCK, blocks, commands_of, plain, read
from tests.tools import GENERATED, ROOT, forked_programs, run_line, write_files

pytestmark = pytest.mark.long

FOLDERS = ("", "docs/guides/", "docs/reference/", "docs/explanation/")
DOCUMENTS = [path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in sorted(ROOT.glob(f"{folder}*.md"))]
FIRST = "README.md"
"""The first document to run, because the others use its results."""

IN_A_COPY = "CONTRIBUTING.md"
"""Document whose commands change the project: tests/test_contributing.py runs them in a copy."""

NOT_RUN = {
    r"make (demo|test|faults|fuzz|bench|translations|lint)\b": "installs or takes minutes; `make test` is running",
    r"(source|pip install|python -m venv)\b": "makes or enters an environment: tests/packaging/test_releases.py",
    r"grader adopt\b": "asks for confirmation: tests/cli/test_adopt.py",
    r"(mkdir -p fixes|grader grade .*--fixes|grader accept)\b": "needs a submission to mend: tests/cli/test_mending.py",
    r"grader watch\b": "is used in a terminal: tests/learner/watch/test_watch.py",
    r"grader try .*--pdb\b": "waits for somebody who types: tests/learner/check_script/test_try_command.py",
    r"grader show .*--pdb\b": "waits for somebody who types: tests/cli/test_show.py",
    r"grader grade .*--dask\b": "needs a cluster: tests/execution/host/test_dask_pool.py",
    r"(docker|helm|kubectl|python docs/cluster/slurm.py)\b": "needs a cluster: tests/test_cluster_files.py",
    r"(nbgrader|cd COURSE|grader .*\bCOURSE\b)": "needs a course of nbgrader: tests/packaging/test_nbgrader.py",
}
"""Patterns of commands that are not run, each with the reason."""

EXIT_CODE_1 = {
    r"grader grade submissions.zip": "one student handed in an archive with a password",
    r"grader regrade results": "one student handed in an archive with a password",
    r"grader export results": "one student handed in an archive with a password, which leaves the functions ungraded",
    r"pytest exercises": "one answer is wrong",
    r"grader check": "one answer is wrong",
}
"""Commands that end with exit code 1, each with the reason; all others end with 0."""

LANGUAGES = {"console", "diff", "mermaid", "text", "python", "toml", "markdown", "json", ""}
LINK = re.compile(r'(?:\]\(|<img src=")([^)"\s]+)[)"]')


@dataclass(frozen=True)
class Step:
    """A command with its exit code and output; the exit code is None if it is not run."""

    command: str
    code: int | None
    output: str


def listed(command):
    """True if NOT_RUN holds the command."""
    return any(re.match(pattern, command) for pattern in NOT_RUN)


def wanted(name):
    """Return all commands of a document."""
    return [command for language, _, text in blocks(name) if language == "console" for command in commands_of(text)]


def answer(solution, old, new):
    """Return the solution with one edit."""
    assert solution.count(old) == 1
    return solution.replace(old, new)


def prepare(folder):
    """Make the scratch folder: one exercise of the course, a learner's file, downloads."""
    for part in ("exercises", "solutions", "tests/hidden"):
        shutil.copytree(ROOT / part, folder / part, ignore=GENERATED)
    for path in folder.rglob("*ex[0-9]_*"):
        if "ex1_losses" not in path.name:
            path.unlink()
    solution = (folder / "solutions" / "ex1_losses.py").read_text("utf-8")
    wrong = answer(solution, "target.reshape(output.shape)", "target.view(1, -1)")
    stub = folder / "exercises" / "ex1_losses.py"
    body = wrong.split("### BEGIN SOLUTION\n")[1].partition("    ### END")[0]
    head, _, rest = stub.read_text("utf-8").partition('    raise NotImplementedError("compute_mse_loss")\n')
    stub.write_text(head + body + rest, "utf-8")
    notebook = {"losses.ipynb": downloads.notebook(solution)}
    students = [
        downloads.Student("70001", "Ada Lovelace", {"ex1_losses.py": solution}, "ada@example.edu", "2026001"),
        downloads.Student("70002", "王小明", {"ex1_losses.py": wrong}, "ming@example.edu", "2026002"),
        downloads.Student("70003", "Emmy Noether", notebook, "emmy@example.edu", "2026003"),
        downloads.Student(
            "70004", "李娜", {"作业.rar": archives.rar5(encrypted_headers=True)}, "na@example.edu", "2026004"
        ),
        downloads.Student("70005", "Alan Turing", {}, "alan@example.edu", "2026005"),
        downloads.Student("70006", "Grace Hopper", {"ex1_losses.py": wrong + "\n"}, "grace@example.edu", "2026006"),
    ]
    downloads.as_zip(downloads.moodle(students), folder / "submissions.zip")
    downloads.as_folder(downloads.moodle(students), folder / "submissions")
    (folder / "worksheet.csv").write_text(downloads.moodle_worksheet(students), "utf-8")
    (folder / "gradebook.csv").write_text(downloads.canvas_gradebook(students), "utf-8")


def follow(name, folder, programs):
    """Follow a document: write its files, run its commands with the programs of a folder."""
    write_files(folder, {file: text for _, file, text in blocks(name) if file})
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    steps = []
    for command in wanted(name):
        if listed(command):
            steps.append(Step(command, None, ""))
            continue
        done = run_line(["bash", "-c", command], cwd=folder, timeout=200, COLUMNS="100", PATH=path)
        steps.append(Step(command, done.returncode, done.stdout))
    return steps


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """{document: steps} after all commands ran. Chinese documents are left out: they have the same commands.

    Two documents run at a time, each on one processor, so that each command starts one worker, which imports torch.
    """
    place = tmp_path_factory.mktemp("documents")
    (place / FIRST).mkdir()
    prepare(place / FIRST)
    steps = {FIRST: follow(FIRST, place / FIRST, Path(sys.executable).parent)}  # as a user runs them
    programs = forked_programs(place / "programs")
    others = [name for name in DOCUMENTS if name not in (FIRST, IN_A_COPY) and not name.endswith(".zh.md")]

    def copied(name):
        return follow(name, shutil.copytree(place / FIRST, place / name.replace("/", "-")), programs)

    processors = cycle(os.sched_getaffinity(0))
    with ThreadPoolExecutor(2, initializer=lambda: os.sched_setaffinity(0, {next(processors)})) as threads:
        return steps | dict(zip(others, threads.map(copied, others), strict=True))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_is_run_and_ends_as_it_should(name, followed):
    for step in followed.get(name, ()):
        if step.code is not None:
            expected = int(any(re.match(pattern, step.command) for pattern in EXIT_CODE_1))
            assert step.code == expected, f"{step.command}\n{step.output}"
            assert "Traceback" not in step.output, step.output


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_shows_is_what_its_commands_print(name, followed):
    printed = {plain(line) for step in followed.get(name, ()) for line in step.output.splitlines()}
    for language, _, text in blocks(name):
        if language == "text" and name in followed and any(step.code is not None for step in followed[name]):
            missing = [line for line in text.splitlines() if plain(line) not in printed]
            assert not missing, missing


def test_no_command_is_excused_that_no_document_has():
    everything = [command for name in DOCUMENTS for command in wanted(name)]
    for pattern in [*NOT_RUN, *EXIT_CODE_1]:
        assert any(re.match(pattern, command) for command in everything), pattern


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.endswith(".zh.md")])
def test_a_chinese_document_has_the_commands_of_the_english_one(name):
    assert [command.replace(" --lang zh", "") for command in wanted(name)] == wanted(name.replace(".zh.md", ".md"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_stand_in_console_blocks_alone(name):
    assert {language for language, _, _ in blocks(name)} <= LANGUAGES


def anchors(text):
    """Return the anchors that GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ +(.+?)\s*$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_somewhere(name):
    for link in LINK.findall(BLOCK.sub("", read(name))):
        if link.startswith(("http://", "https://")):
            continue
        file, _, anchor = link.partition("#")
        target = (ROOT / name).parent / file if file else ROOT / name
        assert target.exists(), f"{name}: {link}"
        assert not anchor or anchor in anchors(target.read_text("utf-8")), f"{name}: {link}"


def test_every_file_of_tests_that_a_document_names_exists():
    named = {(name, file) for name in DOCUMENTS for file in re.findall(r"`(tests/[a-z_/0-9.]+\.[a-z]+)`", read(name))}
    written = {file for _, file, _ in blocks(IN_A_COPY)}
    assert len(named) > 10
    assert not [(name, file) for name, file in named if not (ROOT / file).is_file() and file not in written]


def test_every_command_and_every_target_is_in_the_documents():
    text = "\n".join(map(read, DOCUMENTS))
    words = [f"grader {name}" for name in command_modules()]
    words += [f"--to {name}" for name in target_lookup.target_names()]
    words += [f"grader package {name}" for name in autograder_lookup.system_names()]
    assert [said for said in words if not re.search(rf"{re.escape(said)}\b", text)] == []
