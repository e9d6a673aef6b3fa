"""Tests of grader/learner/card."""
