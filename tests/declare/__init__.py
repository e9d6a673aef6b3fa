"""Tests of grader/declare."""
