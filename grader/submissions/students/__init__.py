"""Find the student that a name means, ids that look alike, and ids that a spreadsheet program changes."""
