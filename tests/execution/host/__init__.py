"""Tests of grader/execution/host."""
