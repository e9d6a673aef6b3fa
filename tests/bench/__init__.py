"""Compare the time of grading with other graders and the lowest possible time: `make bench`.

docs/explanation/performance.md has the results.
"""

import os

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # write byte code: users of the grader compile its modules only once
