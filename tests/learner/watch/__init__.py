"""Tests of grader/learner/watch."""
