"""Grading: verdicts on checks (`verdicts`), runs (`runs`), their files (`results`), and final scores (`policy`).

Others may import: policy.final_score, policy.hidden_check_visibility, policy.named_students, policy.override_students,
policy.overrides, policy.policy, policy.policy_description, policy.policy_example, policy.policy_file,
results.answer_lookup, results.attachment_lookup, results.earlier_fixes, results.earlier_scores, results.final_result,
results.folder_lock, results.journal, results.local_time, results.overrides.edited_overrides,
results.overrides.override_changes, results.overrides.override_history, results.plan, results.published_scores,
results.result_files, results.run_facts, results.run_file, runs.accepting_files, runs.archive_opening,
runs.earlier_run, runs.experiment_errors, runs.fix_review, runs.grading_run, runs.hidden_checks, runs.plan_submissions,
runs.policy_trial, runs.recorded_attempts, runs.score_inputs, runs.source_pool, runs.submission_grader,
verdicts.call_text, verdicts.diagnosis, verdicts.entry, verdicts.explanation, verdicts.failure_report,
verdicts.heat_map, verdicts.known_mistakes.outcome_file, verdicts.known_mistakes.source_runs, verdicts.pictures,
verdicts.record, verdicts.references, verdicts.value_text, verdicts.verdict, verdicts.verdict_relations,
verdicts.wrong_answer_fingerprint.
"""
