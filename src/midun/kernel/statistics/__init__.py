"""Every number has its records.

Nouns: Figure (a registered function from Scope and Period to Parts), Part (a query set and how it is measured), Scope
(a subtree of the jurisdiction, or one unit alone), FormTemplate (lines of a statistics form, versioned content).
Rules: roll-up is the same figure on a bigger subtree; 家 counts distinct enterprises, 人次 counts attendances; a figure
that cannot list its records cannot be registered; apps register figures in `figures.py`, which is autodiscovered.
"""
