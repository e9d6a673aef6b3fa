"""`grader watch` in a terminal, as a learner uses it: files are saved, keys are pressed, pages are read."""

import json
import re
import sys
import time
from types import SimpleNamespace

import pexpect
import pytest

from grader.rendering.display_width import cells
from tests.tools import ENDLESS, SOLUTION, STUB, STUB_THEN_WRONG, WRONG_SUM, environment, hand_out

pytestmark = pytest.mark.long

ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[a-zA-Z]|[=>])")
HALF = SOLUTION.replace("y = y - rate * 2 * y\n        steps -= 1", 'raise NotImplementedError("descend")')
ROWS, COLUMNS = 24, 80


class Session:
    """A `grader watch` in a terminal, and its output."""

    def __init__(self, folder, *arguments):
        env = {k: v for k, v in environment(TERM="xterm-256color").items() if k not in ("COLUMNS", "LINES")}
        start = ["-c", "from grader.cli.main import main; main()", "watch", *arguments]
        self.file = folder / "exercises" / "ex1_small.py"
        self.child = pexpect.spawn(
            sys.executable, start, cwd=str(folder), env=env, dimensions=(ROWS, COLUMNS), encoding="utf-8", timeout=60
        )

    def until(self, text):
        """Return the output up to a complete page that holds a text, line by line."""
        shown = ""
        for wanted in (re.escape(text), "quit|退出"):
            self.child.expect(wanted)
            shown += self.child.before + self.child.after
        return ANSI.sub("", re.sub(r"\x1b\[\d+;1H", "\n", shown))

    def save(self, source, until):
        """Save a file; return the output up to a complete page that holds a text."""
        self.file.write_text(source, "utf-8")
        return self.until(until)

    def press(self, key, until):
        """Press a key; return the output up to a complete page that holds a text."""
        self.child.send(key)
        return self.until(until)

    def quit(self):
        """Press q; return the rest of the output and the exit status."""
        self.child.send("q")
        self.child.expect(pexpect.EOF)
        self.child.close()
        return ANSI.sub("", self.child.before), self.child.exitstatus


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """One session from the stub to the end; each step waits for its effect."""
    session = Session(hand_out(tmp_path_factory.mktemp("watch")), "--time-limit", "60")
    seen = SimpleNamespace(first=session.until("next: "))
    seen.wrong = session.save(WRONG_SUM.replace("steps -= 1", "raise NotImplementedError"), "hint: ")
    seen.right = session.save(HALF, "mean_square is done")
    seen.hints = [session.press("h", word) for word in ("hint 1", "hint 2", "hint 3")]
    seen.list = session.press("l", "back")
    seen.up, seen.down = session.press("\x1b[A", "▸"), session.press("\x1b[B", "▸")
    seen.chosen = session.press("k", "▸") and session.press("\r", "next: ")
    seen.next = session.press("n", "next: ")
    seen.help = session.press("?", "run everything again")
    seen.closed = session.press("?", "next: ")
    seen.broken = session.save(SOLUTION.replace("return y", "return (y"), "was never closed")
    seen.endless = session.save(ENDLESS, "running descend")
    began = time.monotonic()
    seen.cured = session.save(SOLUTION, "descend is done")
    seen.seconds = time.monotonic() - began
    seen.again = []
    for source, word in [(WRONG_SUM, "1 of 2 functions"), (SOLUTION, "2 of 2 functions")] * 3:
        began = time.monotonic()
        session.save(source, word)
        seen.again.append(time.monotonic() - began)
    seen.end, seen.status = session.quit()
    return seen


def test_the_first_page_names_the_next_step_before_torch_is_loaded(seen):
    assert "loading torch" in seen.first
    assert "next: mean_square  exercises/ex1_small.py:" in seen.first
    assert "not started" in seen.first
    assert "0 of 2 functions, 0.00 of" in seen.first


def test_it_begins_with_the_function_that_was_begun_although_a_stub_precedes_it(tmp_path):
    session = Session(hand_out(tmp_path, STUB_THEN_WRONG))
    assert "next: descend" in session.until("0 of 1 checks pass")
    assert session.quit()[1] == 0


def test_a_wrong_answer_shows_claim_numbers_and_the_hint_of_the_known_mistake(seen):
    assert "next: mean_square" in seen.wrong
    assert re.search(
        r"✘ value_and_gradient *\n(.*\n)+? +result = mean_square\(x\) *\n *\n +mean +returned [\d.]+, expected [\d.]+",
        seen.wrong,
    ), seen.wrong
    assert "hint: " in seen.wrong


def test_a_right_answer_says_which_check_passes_now_and_what_comes_next(seen):
    assert "✔ mean_square is done: all its checks pass" in seen.right
    assert re.search(r"\+ \w+", seen.right)
    assert "next: descend" in seen.right
    assert "1 of 2 functions" in seen.right


def test_the_key_h_shows_three_hints_in_order(seen):
    words = ("slope of the sum of squares", "goes against the gradient", "Start with a copy")
    assert [[word in page for word in words] for page in seen.hints] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


def test_arrows_and_letters_move_in_the_list_and_choose(seen):
    assert "▸ · descend" in seen.list
    assert "▸ ✔ mean_square" in seen.up
    assert "▸ · descend" in seen.down
    assert "next: mean_square" in seen.chosen
    assert "next: descend" in seen.next


def test_the_help_lists_all_keys(seen):
    assert all(word in seen.help for word in ("a hint on this function", "not finished", "list all functions"))
    assert "next: descend" in seen.closed


def test_a_syntax_error_shows_line_and_column_and_keeps_the_progress(seen):
    assert re.search(r"Python cannot read ex1_small.py yet: line \d+, column \d+", seen.broken)
    assert "return (y" in seen.broken
    assert "1 of 2 functions" in seen.broken


def test_an_endless_loop_does_not_hang_it_and_the_next_save_ends_it(seen):
    assert "running descend" in seen.endless
    assert "descend is done" in seen.cured
    assert seen.seconds < 20  # the time limit is set to a minute, so something else ended the run


def test_a_result_is_shown_less_than_a_second_after_a_save(seen):
    assert min(seen.again) < 0.5, seen.again  # the best of six, because the machine may be busy


def test_q_quits_with_the_progress_and_exit_code_0(seen):
    assert seen.status == 0
    assert "2 of 2 functions" in seen.end


def test_in_chinese_every_line_fits_the_terminal_and_quitting_while_torch_loads_is_quick(tmp_path):
    session = Session(hand_out(tmp_path, STUB.read_text("utf-8")), "--lang", "zh")
    first = session.until("下一步：")
    assert max(cells(line.rstrip("\r\n")) for line in first.split("\n")) <= COLUMNS
    began = time.monotonic()
    assert session.quit()[1] == 0
    assert time.monotonic() - began < 5


def cell_replaced(notebook, function, source):
    """Return a notebook in which a learner filled in the cell of a function."""
    filled = json.loads(json.dumps(notebook))
    (cell,) = (c for c in filled["cells"] if "".join(c["source"]).startswith(f"def {function}("))
    cell["source"] = source.splitlines(keepends=True)
    return json.dumps(filled)


@pytest.fixture(scope="module")
def notebook_seen(tmp_path_factory):
    """A session in which a notebook is saved: as Jupyter does, by a rename, and in place."""
    session = Session(hand_out(tmp_path_factory.mktemp("notebook")))
    file = session.file.with_name("notebooks") / "ex1_small.ipynb"
    stub = json.loads(file.read_text("utf-8"))
    right = SOLUTION[SOLUTION.index("def mean_square") : SOLUTION.index("def descend")]
    wrong = right.replace(".mean()", ".sum()")

    def renamed(text):
        temporary = file.with_name(".~ex1_small.ipynb")
        temporary.write_text(text, "utf-8")
        temporary.replace(file)

    session.until("next: ")
    seen = SimpleNamespace()
    renamed(cell_replaced(stub, "mean_square", wrong))
    seen.wrong = session.until("hint: ")
    whole = cell_replaced(stub, "mean_square", right)
    file.write_text(whole, "utf-8")
    seen.right = session.until("mean_square is done")
    file.write_text(whole[:-40], "utf-8")
    seen.half = session.until("ex1_small.ipynb cannot be read as a notebook")
    renamed(whole)
    seen.again = session.until("1 of 2 functions")
    seen.end, _status = session.quit()
    return seen


def test_a_notebook_that_jupyter_saves_is_checked(notebook_seen):
    assert re.search(r"next: mean_square  exercises/notebooks/ex1_small\.ipynb", notebook_seen.wrong)
    assert re.search(r"mean +returned [\d.]+, expected [\d.]+", notebook_seen.wrong)


def test_a_notebook_that_is_saved_in_place_is_checked(notebook_seen):
    assert "✔ mean_square is done: all its checks pass" in notebook_seen.right


def test_an_incomplete_notebook_loses_no_progress(notebook_seen):
    assert "1 of 2 functions" in notebook_seen.half
    assert "cannot read" not in notebook_seen.again
    assert "1 of 2 functions" in notebook_seen.end
