"""One module for each system whose downloads are read: Canvas, Moodle, Gradescope, nbgrader, GitHub, plain folders."""
