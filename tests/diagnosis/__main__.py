"""Grade a set of wrong answers, and write beside each answer's defect what the grader says about it.

    python -m tests.diagnosis open_set OUT.md      # a person then reads OUT.md and decides what was named rightly

Every answer is graded with a fixed seed and without a sandbox: the answers are our own.
"""

import argparse
import ast
import re
from dataclasses import dataclass
from pathlib import Path

from grader.course.library import Library, open_library
from grader.execution.host.pool import make_pool_without_sandbox
from grader.grading.runs.submission_grader import SubmissionGrader
from grader.submissions.submission import Submission
from tests.tools import ROOT

SEED = 7
TIME_LIMIT = 2.0


@dataclass(frozen=True)
class Answer:
    """A wrong answer: its function, the file that a student would hand in, and what is wrong with it."""

    name: str
    function: str
    file: str
    source: str
    is_pair: bool
    belief: str
    edit: str


def read_answers(folder: Path) -> list[Answer]:
    """Return the answers of a set, each in a file of its own with the imports of its file."""
    return [answer for path in sorted(folder.glob("*.py")) for answer in _answers_of(path)]


def _answers_of(path: Path) -> list[Answer]:
    text = path.read_text("utf-8")
    lines, tree = text.splitlines(keepends=True), ast.parse(text)
    named = [node for node in tree.body if isinstance(node, ast.FunctionDef) and "__" in node.name.strip("_")]
    shared = "".join(ast.unparse(node) + "\n" for node in tree.body if node not in named)
    answers = []
    for node in named:
        function = node.name.partition("__")[0]
        above = "".join(lines[: node.lineno - 1]).rsplit("# kind: ", 1)[1]
        facts = dict(re.findall(r"^# (belief|edit): (.*)$", above, re.MULTILINE))
        code = re.sub(rf"\b{node.name}\b", function, "".join(lines[node.lineno - 1 : node.end_lineno]))
        is_pair = above.startswith("pair")
        answers.append(
            Answer(node.name, function, path.name, f"{shared}\n{code}", is_pair, facts["belief"], facts["edit"])
        )
    return answers


def describe(library: Library, grader: SubmissionGrader, answer: Answer) -> str:
    """Return a paragraph about an answer: what is wrong with it, the failed checks, and the mistakes that are named."""
    files = ((answer.file, answer.source.encode()),)
    graded = grader.start(Submission(answer.name, Path(), (answer.file,)), files, [answer.function])()
    record = graded.records[0]
    lines = [f"## {answer.name} ({'pair' if answer.is_pair else 'single'})"]
    lines += [f"belief: {answer.belief}", f"edit: {answer.edit}", f"score: {record.score} of {record.max_score}"]
    lines += [f"named: {mistake}: {library.mistakes[mistake].hint.in_('en')}" for mistake in record.mistakes]
    for check in record.checks:
        if not check.passed:
            lines.append(f"failed: {check.name}: {' / '.join(check.message.splitlines())[:400]}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Grade the set that the command line names, and write the paragraphs and the counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.diagnosis", description=__doc__)
    parser.add_argument("set", choices=["open_set", "held_back_set"])
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    library = open_library(ROOT)
    answers = read_answers(Path(__file__).parent / arguments.set)
    with make_pool_without_sandbox(library.experiment_files, 2) as pool:
        functions = list(dict.fromkeys(answer.function for answer in answers))
        grader = SubmissionGrader(library, pool, SEED, functions, TIME_LIMIT)
        arguments.out.write_text("\n".join(describe(library, grader, answer) for answer in answers), "utf-8")


if __name__ == "__main__":
    main()
