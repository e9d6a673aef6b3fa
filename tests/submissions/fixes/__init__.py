"""Tests of grader/submissions/fixes."""
