"""The protections that a child applies to itself: Landlock, resource limits, seccomp."""
