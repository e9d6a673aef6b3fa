"""Fixes: files of the instructor that replace files of a student (`grader grade --fixes DIR`)."""
