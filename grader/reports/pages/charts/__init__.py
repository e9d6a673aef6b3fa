"""Layouts of the charts on the class page: positions in percent of the width, so that a chart fits a phone and paper.

Each chart is shown next to the table of its numbers. The templates draw them as inline SVG: texts keep their size, and
patterns tell the parts apart in black and white.
"""
