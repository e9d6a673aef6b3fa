"""Layouts of the charts on the class page: positions in percent of the width, so that a chart fits a phone and paper.

The templates draw each chart as inline SVG, next to a table of its numbers. The texts keep their size if the width
changes, and patterns tell the parts apart in black and white.
"""
