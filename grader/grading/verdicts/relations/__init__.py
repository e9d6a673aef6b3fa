"""Relations: how a wrong value relates to the expected value or to an argument, such as "4 times" or "transposed".

The module `relation_kinds` defines the kinds of relations. `relation_search` finds all relations that hold for one
observation, with the rules of `entry_relations` (values at the same place) and `place_relations` (values at other
places). `relation_agreement` chooses the relations that are shown for a function. `relation_text` puts a relation into
words.
"""
