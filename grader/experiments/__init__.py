"""Tools for writing experiments: `@experiment`, `Given`, nets and data.

Imported in the sandbox, where student code runs. Other packages may import: declaration, given, nets.

Others may import: declaration, given, nets.
"""
