"""Tests of grader/exports/targets."""
