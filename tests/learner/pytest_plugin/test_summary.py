"""The table of points at the end of a pytest run."""

from grader.learner.pytest_plugin.summary import Summary


def rows_of(passed: float, failed: float) -> list[dict]:
    row = {"file": "ex1.py", "title": "Losses", "hidden": False}
    return [row | {"points": passed, "status": "passed"}, row | {"points": failed, "status": "failed"}]


def test_the_bar_of_an_exercise_is_full_only_if_all_its_checks_pass():
    summary = Summary("en")
    for passed, failed, cells in ((2.0, 0.0, 10), (1.98, 0.02, 9), (0.0, 2.0, 0)):
        summary.rows = rows_of(passed, failed)
        (line,) = summary._table()
        assert line.count("█") == cells and line.count("░") == 10 - cells
