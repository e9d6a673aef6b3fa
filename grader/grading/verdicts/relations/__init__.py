"""Relations: how a wrong value relates to the expected value or to an argument, such as "4 times" or "transposed".

The module `relation` defines the classes that describe a relation. `relation_search` finds all relations that hold for
one observation. `relation_agreement` chooses the relations that are shown for a function. `relation_text` puts a
relation into words.
"""
