"""Tests of grader/learner/files."""
