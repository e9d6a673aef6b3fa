"""Tests of grader/learner."""
