"""Progress of a learner: only functions that an edit may affect run again, and the other outcomes are reused."""

import pytest

from grader.core.outcome_text import reason_text
from grader.core.outcomes import Status
from grader.learner.exercise_folder import find_exercise_folder, open_exercise_folder
from grader.learner.files.learner_files import read_learner_files
from grader.learner.hint_selection import next_hint_level, select_hints
from grader.learner.progress import LearnerProgress, find_changes
from grader.learner.state_folder import StateFolder
from grader.learner.workspace import next_state
from tests.tools import SOLUTION, STUB, STUB_THEN_WRONG, WRONG_SUM, hand_out


@pytest.fixture
def learner(tmp_path, pool):
    """A function that saves a source, runs the checks, and returns the functions that ran; it holds the progress."""
    folder = hand_out(tmp_path) / "exercises"
    progress = LearnerProgress(open_exercise_folder(folder, "en"))

    def save(source):
        (folder / "ex1_small.py").write_text(source, "utf-8")
        functions = progress.update_files(read_learner_files(folder, (), progress.module_of))
        results = [pool.submit(job).result(timeout=60) for job in progress.jobs_for(functions)]
        progress.record_results(functions, progress.files, results)
        return functions

    save.progress, save.folder = progress, folder
    return save


def test_only_the_changed_function_runs(learner):
    assert learner(STUB.read_text("utf-8")) == []
    assert learner(WRONG_SUM) == ["mean_square", "descend"]
    before = learner.progress.states()
    assert learner(SOLUTION) == ["mean_square"]
    after = learner.progress.states()
    [change] = find_changes(before, after)
    assert (change.function, [v.check.name for v in change.newly_passed], change.newly_failed) == (
        "mean_square",
        ["value_and_gradient"],
        (),
    )
    assert learner("# nothing but a comment\n" + SOLUTION) == []
    assert [state.passed for state in after] == [True, True]
    assert [state.points for state in after] == [state.max_points for state in after]


def test_a_function_that_was_started_has_changed_although_no_check_passes_yet(learner):
    learner(STUB.read_text("utf-8"))
    before = learner.progress.states()
    learner(WRONG_SUM.replace("y - rate", "y + rate"))
    changes = find_changes(before, learner.progress.states())
    assert [(change.function, change.newly_passed, change.state.passed) for change in changes] == [
        ("mean_square", (), False),
        ("descend", (), False),
    ]


def test_the_next_step_is_the_function_that_was_begun_although_a_stub_precedes_it(learner):
    learner(STUB_THEN_WRONG)
    state = next_state(learner.progress.states())
    assert (state.function, state.status) == ("descend", Status.FAILED)
    learner(SOLUTION)
    assert next_state(learner.progress.states()) is None


def test_a_function_that_only_moved_runs_again_if_a_message_names_its_line(learner):
    learner(SOLUTION.replace("y = x.detach()", "y = x.detach_it()"))
    place = learner.progress.state("descend").verdicts[0].outcome.place
    assert learner("\n\n\n" + SOLUTION.replace("y = x.detach()", "y = x.detach_it()")) == ["descend"]
    moved = learner.progress.state("descend").verdicts[0].outcome.place
    assert moved.number == place.number + 3


def test_the_hint_of_a_recognized_mistake_comes_before_the_three_of_the_function(learner):
    learner(WRONG_SUM)
    progress, golden = learner.progress, learner.progress.exercise_folder.golden_of("mean_square")
    state = progress.state("mean_square")
    assert state.mistakes == ("mean_square__sum",)
    assert [hint.kind for hint in select_hints(state, golden, 0, "en")] == ["mistake"]
    assert [hint.kind for hint in select_hints(state, golden, 3, "zh")] == ["mistake", "nudge", "pointer", "idea"]
    right = progress.state("descend")
    assert [hint.text for hint in select_hints(right, golden, 1, "zh")] == ["平方和在 y 处的斜率是多少？"]


def test_outcomes_are_saved_for_later_commands_and_a_damaged_file_is_ignored(learner):
    learner(SOLUTION)
    state_folder = StateFolder(learner.folder)
    state_folder.save_outcomes(learner.progress.stored)
    assert (learner.folder / ".autograded/.gitignore").read_text() == "*\n"
    another = LearnerProgress(learner.progress.exercise_folder, stored=state_folder.load_outcomes())
    assert another.update_files(learner.progress.files) == []
    assert all(state.passed for state in another.states())
    (learner.folder / ".autograded/outcomes.msgpack").write_bytes(b"\xc1 rubbish")
    assert state_folder.load_outcomes() == {}


def test_hint_levels_go_up_and_start_again_with_another_mistake(tmp_path):
    state_folder, levels = StateFolder(tmp_path), []
    for mistakes in [(), (), (), (), ("f__sum",), ("f__sum",), ("f__mean",), ("f__mean",), ()]:
        levels.append(next_hint_level(state_folder.shown_hint("f"), mistakes))
        state_folder.save_hint_level("f", mistakes, levels[-1])
    assert levels == [1, 2, 3, 3, 0, 1, 0, 1, 1]
    (tmp_path / ".autograded/hints.json").write_text('{"f": 2}')  # the format of an older version
    assert next_hint_level(state_folder.shown_hint("f"), ()) == 1


def test_a_deleted_function_is_reported_with_its_signature(learner):
    learner(SOLUTION.replace("def descend", "def go_down"))
    state = learner.progress.state("descend")
    assert state.status == Status.MISSING
    assert "ex1_small.py as def descend(x: torch.Tensor, rate: float, steps: int)" in reason_text(
        state.first_failed.outcome.reason
    )


def test_the_exercises_are_found_from_the_course_and_from_folders_below(tmp_path):
    folder = hand_out(tmp_path / "course") / "exercises"
    (folder / "deeper").mkdir()
    for start in (folder, folder.parent, folder / "deeper"):
        assert find_exercise_folder(start) == folder
    with pytest.raises(Exception, match="No exercises found at or above"):
        find_exercise_folder(tmp_path)
