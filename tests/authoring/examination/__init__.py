"""Tests of grader/authoring/examination."""
