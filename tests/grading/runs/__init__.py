"""Tests of grader/grading/runs."""
