"""docs/reference/limits.md lists every limit of the code, and says what each of them means."""

import re

from tests.limits import all_limits, document
from tests.tools import ROOT


def test_the_list_of_limits_is_up_to_date():
    assert (ROOT / "docs/reference/limits.md").read_text("utf-8") == document(), "run: make limits"


def test_every_limit_has_a_docstring():
    without = [limit for limit in all_limits() if re.search(r"MAX|MIN_|LIMIT", limit.name) and not limit.meaning]
    assert without == []


def test_a_product_is_written_as_one_number():
    rows = {limit.module + "." + limit.name: limit.value for limit in all_limits()}
    assert rows["grader.submissions.size_limits.MAX_FILE_BYTES"] == "1 048 576"
