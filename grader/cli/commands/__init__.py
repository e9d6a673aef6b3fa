"""One module for each command; it registers itself when it is imported. Adding a command changes no other file."""
