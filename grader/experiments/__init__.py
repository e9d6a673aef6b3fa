"""Tools for writing experiments: `@experiment`, `Given`, nets and data.

The processes that run student code in the sandbox import this package, so it must not contain an answer.

Other packages may import: declaration, given, nets.
"""
