"""Fixes: files that the instructor puts in place of a student's files (`grader grade --fixes DIR`)."""
