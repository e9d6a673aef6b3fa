"""Compare the time of grading with that of other graders, and with the lowest possible time: `make bench`.

The results are in docs/explanation/performance.md.
"""

import os

# Let Python write byte code, because the modules of the grader are compiled only once on a user's machine, too.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
