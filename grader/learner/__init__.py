"""The student's own tools: pytest plugin, `check(f)`, watch, hint, progress, and the self-check that they share."""
