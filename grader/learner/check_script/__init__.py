"""A check as a script: plain Python that repeats one check and imports only torch, numpy and the learner's file.

Module `script` puts the script together from the code of the experiment. `draws` records the random inputs of the
experiment, and `literal_inputs` writes these inputs out as literals. `used_definitions` finds the other definitions
that the experiment needs, in its own file and in the grader. `script_runtime` is the part of each script that compares
returned and expected values.
"""
