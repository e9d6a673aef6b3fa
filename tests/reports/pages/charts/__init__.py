"""Tests of grader.reports.pages.charts."""
