"""The only layer that starts student code."""
