"""Tests of grader/core/files."""
