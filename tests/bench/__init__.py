"""Measure grading against what people use today, and against the floor: `make bench`, docs/performance.md."""

import os

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # users of the grader compile its modules once
