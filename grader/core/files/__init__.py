"""Files: atomic writes, reads of regular files only, and locks of the operating system."""
