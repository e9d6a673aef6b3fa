"""Tests of grader/packaging."""
