"""Hostile submissions, and what must happen to each (manifest.json)."""
