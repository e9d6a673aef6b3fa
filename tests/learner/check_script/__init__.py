"""Tests of grader/learner/check_script."""
