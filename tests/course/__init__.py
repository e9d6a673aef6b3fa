"""Tests of grader/course."""
