"""Tests of grader/grading/policy."""
