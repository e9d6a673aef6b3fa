"""Exports: write the results of a class in the formats of other systems. `targets` has one module for each system.

To add a value of `grader export --to`, add a module to `targets`; no other file changes.

Others may import: bonus_note, export_data, dry_run, export_report, pending_overrides, results_loader,
target_lookup.
"""
