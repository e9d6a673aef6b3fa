"""The files in a download of submissions, by path, from folders, zips and tars.

They are read in memory, within limits.
"""
