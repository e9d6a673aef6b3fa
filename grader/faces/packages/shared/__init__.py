"""What the packages share. A package itself, so that it is not taken for a system."""
