"""A check as a script: plain Python that repeats one check with `torch`, `numpy` and the learner's file alone.

Module `script` puts the script together. It starts from the experiment: `draws` records its random inputs,
`literal_inputs` writes them out, `used_definitions` finds what else the experiment needs, in its own file and in the
grader. `script_runtime` compares returned and expected values.
"""
