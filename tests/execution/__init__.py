"""Tests of grader/execution."""
