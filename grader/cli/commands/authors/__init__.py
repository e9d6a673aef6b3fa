"""Commands for authors of exercises: each module registers one command when it is imported."""
