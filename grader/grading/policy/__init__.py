"""What an instructor decides: grader.toml, deadlines and lateness, visibility, overrides; and the final score."""
