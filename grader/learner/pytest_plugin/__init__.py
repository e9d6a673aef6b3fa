"""pytest plugin: each check is a pytest item, and its verdict comes from the self-check or from grading."""
