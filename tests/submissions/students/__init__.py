"""Tests of grader/submissions/students."""
