"""Read what students handed in: downloads of an LMS, archives, rosters; and find out whose it is.

No file of a student is parsed or run here.
"""
