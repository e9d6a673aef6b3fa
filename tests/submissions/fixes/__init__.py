"""Tests of grader/submissions/members."""
