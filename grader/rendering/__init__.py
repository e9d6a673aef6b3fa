"""Rendering tools: SVG pictures, templates that escape, wrapped text.

Others may import: paragraph, pictures.svg, safe_templates.
"""
