"""The files in a download, by path: folders, zips and tars. They are read in memory, within limits."""
