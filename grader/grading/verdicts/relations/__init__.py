"""How a wrong value relates to the expected one, and to the arguments of the call: "4 times", "transposed".

`relation` is the data, `relation_search` finds what holds for one observation, `relation_agreement` chooses what is
said of a function, `relation_text` writes it in a language.
"""
