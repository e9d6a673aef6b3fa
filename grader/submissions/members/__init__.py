"""The files inside a download, by path: folders, zips and tars, read in memory and within limits."""
