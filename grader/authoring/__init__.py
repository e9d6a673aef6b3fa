"""Tools for authors, which generate and check a course: init, new, sync, doctor, demo students.

Others may import: adoption.adopted_mistake, adoption.hint_editing, course_template, demo_class, demo_students, doctor,
doctor_report, exercise_template, golden_making, sync, sync_preconditions.
"""
