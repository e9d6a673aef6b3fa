"""Tests of the grader itself, in one folder per package. See tests/README.md."""
