"""Tests of grader/grading/results/verdict_cache."""
