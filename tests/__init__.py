"""Tests of the grader itself, with one folder for each package of the grader. tests/README.md explains them."""
