"""Tools for files: write atomically, read regular files only, lock a file."""
