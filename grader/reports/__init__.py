"""Reports for people: class and student pages, terminal tables, comparison of runs, similarity.

Others may import: debugger, forgetting, grading_progress, pages.page_templates, pages.similar_page, run_comparison,
run_comparison_tables, similarity, student_lookup, student_report, terminal, writing.
"""
