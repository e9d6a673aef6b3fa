"""Tell students apart: ids that look alike, ids that a spreadsheet program changes, the student a name means."""
