"""A wrong score is refused before overrides.csv is written, also where no command line has checked it."""

import pytest

from grader.core.errors import UsageError
from grader.grading.results.overrides.override_changes import change_override
from grader.grading.results.result_files import read_students
from tests.fuzz.targets.results import results_folder


@pytest.mark.parametrize("bonus", [False, True])
def test_a_negative_score_is_refused(bonus):
    folder = results_folder()
    (student, *_) = read_students(folder)
    with pytest.raises(UsageError, match="Invalid --score -1"):
        change_override(folder, student, "", -1.0, "", False, str, bonus=bonus)
