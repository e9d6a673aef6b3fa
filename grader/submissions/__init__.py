"""Read the submissions of a class (a download, its archives and a roster), and find the student of each submission.

This package reads names and bytes. This package never parses or runs a student's file.

Other packages may import: class_submissions, download_summary, excerpts, file_reading, fixes.fixed_submission,
fixes.fixes_folder, people, roster_matching, size_limits, students.look_alikes, students.spreadsheet_cells,
students.student_lookup, submission, csv_encodings.
"""
