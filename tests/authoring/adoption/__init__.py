"""Tests of grader/authoring/adoption."""
