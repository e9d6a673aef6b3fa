"""Tests of grader/execution/guest/student_code."""
