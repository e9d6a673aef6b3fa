"""Reports for people: class and student pages, terminal tables, comparison of runs, similarity.

Others may import: answer_choice, answer_groups, comparison.final_comparison, comparison.override_history_table,
comparison.published_comparison, comparison.run_comparison, comparison.run_comparison_tables, debugger,
forgetting.remaining_files, forgetting.students_to_forget, forgetting.student_removal, grading_progress,
group_report, group_tables, outcome_words, pages.page_templates, pages.published_note, pages.similar_page, shared_names,
similarity, student_report, terminal, writing.
"""
