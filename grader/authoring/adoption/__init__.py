"""Adoption of a student's wrong answer as a known mistake: its code, an edit or an entry, the hints, the proof."""
