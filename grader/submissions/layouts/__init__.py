"""One module for each system whose downloads are read: Canvas, Moodle, Gradescope, nbgrader, GitHub, plain folders.

`detection` chooses the module for a download and says what a module must define.
"""
