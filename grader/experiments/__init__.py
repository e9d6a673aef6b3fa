"""Tools for writing experiments: `@experiment`, `Given`, nets and data.

The sandbox, where student code runs, imports this package.

Others may import: declaration, given, nets.
"""
