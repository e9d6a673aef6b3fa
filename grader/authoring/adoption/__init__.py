"""Adopt a student's wrong answer as a known mistake: take its code, write its entry, ask for hints, prove it."""
