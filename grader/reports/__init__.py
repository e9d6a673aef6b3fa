"""Reports for people: class and student pages, terminal tables, comparison of runs, similarity.

Others may import: answer_choice, answer_groups, debugger, forgetting, grading_progress, group_report, group_tables,
outcome_words, pages.page_templates, pages.similar_page, run_comparison, run_comparison_tables, similarity,
student_lookup, student_report, terminal, writing.
"""
