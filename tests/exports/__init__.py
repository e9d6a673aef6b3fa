"""Tests of grader/exports."""
