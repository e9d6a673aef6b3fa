"""How a learner stands: only what a change can have touched is run, and the rest is kept."""

import pytest

from grader.core.outcome_text import reason_text
from grader.core.outcomes import Status
from grader.learner.exercise_folder import find_exercise_folder, open_exercise_folder
from grader.learner.hint_selection import select_hints
from grader.learner.learner_files import read_learner_files
from grader.learner.progress import Standing, changes
from grader.learner.saved_state import Memory
from tests.tools import SOLUTION, STUB, WRONG_SUM, hand_out


@pytest.fixture
def learner(tmp_path, pool):
    """A learner's workspace: save(source) gives the functions that were run, and the standing knows the rest."""
    folder = hand_out(tmp_path) / "exercises"
    standing = Standing(open_exercise_folder(folder, "en"))

    def save(source):
        (folder / "ex1_small.py").write_text(source, "utf-8")
        functions = standing.update(read_learner_files(folder, (), standing.homes))
        results = [pool.submit(job).result(timeout=60) for job in standing.jobs(functions)]
        standing.enter(functions, standing.own, results)
        return functions

    save.standing, save.folder = standing, folder
    return save


def test_only_the_function_that_changed_is_run(learner):
    assert learner(STUB.read_text("utf-8")) == []
    assert learner(WRONG_SUM) == ["mean_square", "descend"]
    before = learner.standing.states()
    assert learner(SOLUTION) == ["mean_square"]
    after = learner.standing.states()
    [change] = changes(before, after)
    assert (change.function, [v.check.name for v in change.gained], change.lost) == (
        "mean_square",
        ["value_and_gradient"],
        (),
    )
    assert learner("# nothing but a comment\n" + SOLUTION) == []
    assert [state.passed for state in after] == [True, True]
    assert [state.points for state in after] == [state.most for state in after]


def test_a_line_that_moved_is_run_again_only_where_a_message_names_it(learner):
    learner(SOLUTION.replace("y = x.detach()", "y = x.detach_it()"))
    place = learner.standing.state("descend").verdicts[0].outcome.place
    assert learner("\n\n\n" + SOLUTION.replace("y = x.detach()", "y = x.detach_it()")) == ["descend"]
    moved = learner.standing.state("descend").verdicts[0].outcome.place
    assert moved.number == place.number + 3


def test_a_recognised_mistake_takes_the_place_of_the_first_hint(learner):
    learner(WRONG_SUM)
    standing, golden = learner.standing, learner.standing.exercise_folder.golden_of("mean_square")
    state = standing.state("mean_square")
    assert state.mistakes == ("mean_square__sum",)
    assert [tip.kind for tip in select_hints(state, golden, 0, "en")] == ["mistake"]
    assert [tip.kind for tip in select_hints(state, golden, 3, "zh")] == ["mistake", "pointer", "idea"]
    right = standing.state("descend")
    assert [tip.text for tip in select_hints(right, golden, 1, "zh")] == ["平方和在 y 处的斜率是多少？"]


def test_what_is_known_is_remembered_for_another_day_and_rubbish_is_forgotten(learner):
    learner(SOLUTION)
    memory = Memory(learner.folder)
    memory.keep(learner.standing.kept)
    assert (learner.folder / ".autograded/.gitignore").read_text() == "*\n"
    another = Standing(learner.standing.exercise_folder, kept=memory.outcomes())
    assert another.update(learner.standing.own) == []
    assert all(state.passed for state in another.states())
    (learner.folder / ".autograded/outcomes.msgpack").write_bytes(b"\xc1 rubbish")
    assert memory.outcomes() == {}
    assert [memory.next_level("descend", 3), memory.gave("descend", 2), memory.next_level("descend", 3)] == [1, None, 3]


def test_a_function_that_was_deleted_is_told_with_its_signature(learner):
    learner(SOLUTION.replace("def descend", "def go_down"))
    state = learner.standing.state("descend")
    assert state.status == Status.MISSING
    assert "ex1_small.py as def descend(x: torch.Tensor, rate: float, steps: int)" in reason_text(
        state.open.outcome.reason
    )


def test_the_exercises_are_found_from_anywhere_near(tmp_path):
    folder = hand_out(tmp_path / "course") / "exercises"
    (folder / "deeper").mkdir()
    for start in (folder, folder.parent, folder / "deeper"):
        assert find_exercise_folder(start) == folder
    with pytest.raises(Exception, match="No exercises found at or above"):
        find_exercise_folder(tmp_path)
