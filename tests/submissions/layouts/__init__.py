"""Tests of grader/submissions/layouts."""
