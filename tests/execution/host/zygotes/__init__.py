"""Tests of grader/execution/host/zygotes."""
