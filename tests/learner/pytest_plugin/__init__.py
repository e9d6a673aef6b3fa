"""Tests of grader/learner/pytest_plugin."""
