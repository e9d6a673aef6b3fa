"""One module for each kind of download: Canvas, Moodle, Gradescope, nbgrader, GitHub, plain folders.

`detection` chooses the module for a download, and defines the interface of these modules.
"""
