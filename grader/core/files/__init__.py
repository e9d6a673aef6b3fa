"""Files: atomic writes, and locks of the operating system."""
