"""Tools for everything that is shown: SVG pictures, templates that escape, wrapped text."""
