"""Tests of grader/execution/guest/call_recording."""
