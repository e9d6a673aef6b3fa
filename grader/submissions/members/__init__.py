"""List the files in a download of submissions by their paths: in folders, zips, tars and other archives.

Archives are read in memory, within size limits.
"""
