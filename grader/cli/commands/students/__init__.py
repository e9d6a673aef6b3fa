"""Commands for students: each module registers one command when it is imported."""
