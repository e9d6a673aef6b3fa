"""Tests of grader/faces."""
