"""Policy of a course: grader.toml, deadlines and late penalty, visibility, overrides, and the final score."""
