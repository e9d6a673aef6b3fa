"""Tests of the grader itself, in the folders of the layer that they test. See README.md beside this file."""
