"""Tests of grader/execution/guest."""
