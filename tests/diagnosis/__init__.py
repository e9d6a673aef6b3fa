"""Two sets of wrong answers that nobody had seen when the known mistakes were written: what does the grader name?

Each set was written from stubs and docstrings alone, a third of it with two independent defects, and committed before
it was graded. `open_set` may be looked at while the diagnosis is improved. `held_back_set` is graded once, at the end.
"""
