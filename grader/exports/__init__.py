"""Exports: write graded results as other systems read them, with one module for each system in `targets`.

A new module in `targets` is a new value of `grader export --to`; no other file changes.

Others may import: export_data, results_loader, target_lookup.
"""
