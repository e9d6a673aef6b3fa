"""Tests of `grader.execution.extraction`."""
