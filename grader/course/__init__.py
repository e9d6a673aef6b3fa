"""Read the files of a course as data: exercises, solutions, mistakes, hints, lessons, stubs, notebooks, goldens.

This package never runs a file of a course.

Other packages may import: discovery, exercise, function_lookup, goldens, hints, library, mistakes, notebooks,
passed_checks, points, source_lines, stubs.
"""
