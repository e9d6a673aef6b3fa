"""Commands for instructors: each module registers one command when it is imported."""
