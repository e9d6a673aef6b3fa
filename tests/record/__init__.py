"""Record of the whole output: what every command writes, made comparable between two versions of the code.

It uses the command line alone and never imports `grader`, so that it survives any change of the modules.
"""
