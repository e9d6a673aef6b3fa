"""What an author writes, read as data: exercises, solutions, mistakes, hints, lessons, stubs, notebooks, goldens.

No file of a course is run here.
"""
