"""Where compat and upcasters meet: an upcaster is checked against the two schemas it joins.

(Being written now by the lead; the language engineer need not: carry on with jsonata, exchange, client, integrations.)
"""
