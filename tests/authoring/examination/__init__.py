"""Tests of grader/authoring."""
