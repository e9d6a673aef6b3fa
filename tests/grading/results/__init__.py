"""Tests of grader/grading/results."""
