"""Tools for authors: create a course and its exercises, generate files, test the checks, make a demo class.

Others may import: adoption.adopted_mistake, adoption.hint_editing, course_template, demo_class, demo_students, doctor,
doctor_report, exercise_template, golden_recording, sync, sync_preconditions.
"""
