"""What an experiment is written with: `@experiment`, `Given`, nets and data.

Imported where student code runs. Others may import: declaration, given, nets.
"""
