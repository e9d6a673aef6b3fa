"""Tools that students run on their own code: pytest plugin, `check(f)`, watch, hint, progress, try, and self-check.

Others may import: card.show, check_report, check_script.debugger, check_script.script, check_script.selection,
graph_picture, hint_selection, progress_table, step_rendering, watch.loop, workspace.
"""
