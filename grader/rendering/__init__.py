"""Rendering tools: SVG pictures, templates that escape, wrapped text.

Others may import: display_width, failure_layout, paragraph, pictures.svg, safe_templates.
"""
