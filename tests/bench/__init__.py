"""Measure grading against what people use today, and against the floor: `make bench`, docs/performance.md."""
