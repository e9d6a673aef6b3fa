"""Tests of grader/experiments."""
