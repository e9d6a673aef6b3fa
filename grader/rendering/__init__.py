"""Tools for everything that is shown: SVG pictures, templates that escape their values, wrapped text.

Others may import: display_width, failure_layout, paragraph, pictures.svg, safe_templates.
"""
