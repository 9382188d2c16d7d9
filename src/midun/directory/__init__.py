"""Pages of units, enterprises, the work calendar and the trail.

Nouns: tree of units, organisation page, enterprise directory and its import, work calendar, trail page, login history.
Rules: the tree and everything but enterprises belong to the system administrator, enterprises to officers, the trail to
the auditor; an import is looked at before it is entered, and entering it twice changes nothing.
"""
