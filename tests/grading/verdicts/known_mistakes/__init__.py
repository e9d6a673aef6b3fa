"""Tests of the known mistakes of a grading run."""
