"""The inner protections that a child puts up round itself: Landlock, resource limits, seccomp."""
