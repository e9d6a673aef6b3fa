"""Tests of grader/grading/verdicts."""
