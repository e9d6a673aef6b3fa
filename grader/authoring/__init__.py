"""Tools for authors, which generate and check a course: sync, doctor, mutants, goldens, new exercises, demo students.

Others may import: adoption.adopted_mistake, adoption.hint_editing, demo_students, doctor, doctor_report,
exercise_template, golden_making, sync.
"""
