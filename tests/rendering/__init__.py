"""Tests of grader/rendering."""
