"""Adopt a student's wrong answer as a known mistake: take its code, ask for hints, write its entry, and test it."""
